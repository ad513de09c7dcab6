import { JsonKeys } from "./json-keys.ts";

/*
 * The fields of play.v1 that a scanner of bytes knows, by their places. What has others is for `parsePlay`, and so is a play that
 * lacks a required one: `parsePlay` derives the two ids, or says what is missing.
 */

/** Required fields first. */
export const playFields = [
  ...(["event_id", "user_id", "track", "started_at", "schema", "ms_played", "end_reason", "rating"] as const),
  ...(["mood", "platform", "geo", "dedupe", "session_id", "device_id", "client", "tz"] as const),
] as const;
/** A bit for each field that has to be there. */
export const requiredFields = 0b1111;

export const trackFields = ["id", "artist", "title", "album", "genre", "duration_ms"] as const;
export const requiredTrackFields = 0b11;
/** UTF-16 units of a track's texts, at most. */
export const longestOfTrack = { id: 200, artist: 1024, title: 1024, album: 1024, genre: 64 } as const;

export const geoFields = ["country", "city"] as const;

/** Each scanner has keys of its own: they remember in which order they came. */
export const createPlayKeys = () => ({
  play: new JsonKeys(playFields),
  track: new JsonKeys(trackFields),
  geo: new JsonKeys(geoFields),
});
