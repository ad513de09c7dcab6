import type { EpochMs, Play } from "../domain/play.ts";
import type { Result } from "../domain/result.ts";
import { err } from "../domain/result.ts";
import { isObject, type JsonObject } from "./json.ts";
import { decodePlay, type OrdinalOf, type Rejection, type Sha256Hex } from "./play-codec.ts";

/** `completed` and `is_skipped` follow from position and duration; `name` and `email` are nobody's business. */
const ownFields: ReadonlySet<string> = new Set([
  ...[
    "user_id",
    "name",
    "email",
    "track_id",
    "title",
    "artist",
    "genre",
    "timestamp",
    "platform",
    "location",
  ],
  ...["mood", "duration_seconds", "listen_position", "completed", "rating", "is_skipped"],
]);

const nameOfField: Readonly<Record<string, string>> = {
  "track.id": "track_id",
  "track.artist": "artist",
  "track.title": "title",
  "track.genre": "genre",
  "track.duration_ms": "duration_seconds (in ms)",
  started_at: "timestamp",
  ms_played: "listen_position (in ms)",
  geo: "location",
  "geo.country": "location.country",
  "geo.city": "location.city",
};

/** Whether this is an event of the stream-event dialect: flat, and with a `timestamp` where play.v1 has `started_at`. */
export function isStreamEvent(json: unknown): json is JsonObject {
  if (!isObject(json) || json["timestamp"] === undefined) return false;
  if (json["track"] !== undefined || json["started_at"] !== undefined) return false;
  return json["track_id"] !== undefined || json["artist"] !== undefined;
}

/** Seconds to whole ms; what is no number stays for the decoder to refuse. */
const toMs = (seconds: unknown): unknown =>
  typeof seconds === "number" ? Math.round(seconds * 1000) : seconds;

function unknownFields(json: JsonObject): JsonObject {
  const unknown: Record<string, unknown> = {};
  for (const key in json) {
    if (!ownFields.has(key) && key !== "__proto__") unknown[key] = json[key];
  }
  return unknown;
}

/** Makes a play of a stream event. */
export function decodeStreamEvent(
  json: JsonObject,
  arrivedAt: EpochMs,
  sha256: Sha256Hex,
  ordinalOf?: OrdinalOf,
): Result<Play, Rejection> {
  const translated = {
    ...unknownFields(json),
    user_id: json["user_id"],
    track: {
      id: json["track_id"],
      title: json["title"],
      artist: json["artist"],
      genre: json["genre"],
      duration_ms: toMs(json["duration_seconds"]),
    },
    started_at: toMs(json["timestamp"]),
    ms_played: toMs(json["listen_position"]),
    rating: json["rating"],
    mood: json["mood"],
    platform: json["platform"],
    geo: json["location"],
  };
  const decoded = decodePlay(translated, arrivedAt, sha256, ordinalOf);
  if (decoded.ok) return decoded;
  return err({
    field: nameOfField[decoded.error.field] ?? decoded.error.field,
    reason: decoded.error.reason,
  });
}
