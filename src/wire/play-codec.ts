import type {
  ArtistName,
  EndReason,
  EpochMs,
  EventId,
  Geo,
  Play,
  Track,
  TrackId,
  UserId,
} from "../domain/play.ts";
import { endReasons } from "../domain/play.ts";
import type { Result } from "../domain/result.ts";
import { err, ok } from "../domain/result.ts";
import { countryCodeOf } from "./countries.ts";
import { decodeExt } from "./ext-codec.ts";
import { parseIsoTime } from "./iso-time.ts";
import { isObject, type JsonObject } from "./json.ts";
import { shorten, showValue } from "./show-value.ts";
import { deriveTrackId } from "./track-id.ts";

/** Why something is not a play: the field (a path such as `track.id`, or `record`), and what is wrong with its value. */
export interface Rejection {
  readonly field: string;
  readonly reason: string;
}

/** SHA-256 of a text's UTF-8 bytes in hexadecimal; an argument because a browser and Node have different ones. */
export type Sha256Hex = (text: string) => string;

/** What a derived event id says about a play. */
export interface PlayIdentity {
  readonly userId: UserId;
  readonly track: { readonly id: TrackId };
  readonly startedAt: EpochMs;
  readonly client?: string;
}

/** How many plays of the same identity came before this one in the same file. */
export type OrdinalOf = (identity: string, startedAt: EpochMs) => number;

/** The largest play, bytes of UTF-8. */
export const maxPlayBytes = 10_240;

const schema = "play.v1";
/** 2002-10-01T00:00:00Z: no service reported plays before. */
export const earliestStart = 1_033_430_400_000;
/** How long after its arrival a play may start, ms. */
export const latestStartMs = 3_600_000;
/** The longest that a play may have been listened to, ms. */
export const maxMsPlayed = 86_400_000;
/** The longest track, ms. */
export const maxDurationMs = 24 * 86_400_000;

export const eventIdPattern = /^[\w.:-]{1,128}$/;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const topFields: ReadonlySet<string> = new Set([
  ...["event_id", "schema", "user_id", "track", "started_at", "ms_played", "end_reason", "rating", "mood"],
  ...["platform", "geo", "session_id", "device_id", "client", "tz", "tags", "dedupe", "ext"],
]);
const trackFields: ReadonlySet<string> = new Set(["id", "artist", "title", "album", "genre", "duration_ms"]);
const geoFields: ReadonlySet<string> = new Set(["country", "city"]);
const endReasonSet: ReadonlySet<unknown> = new Set(endReasons);

/** Reads the fields of one play and remembers the first that is wrong. */
class FieldReader {
  rejection: Rejection | undefined;
  ext: Record<string, unknown> | undefined;

  reject(field: string, expected: string, value: unknown): undefined {
    this.rejection ??= {
      field,
      reason:
        value === undefined
          ? `expected ${expected}, got nothing`
          : `expected ${expected}, got ${showValue(value)}`,
    };
  }

  /** An optional text of at most `max` UTF-16 code units. */
  text(field: string, value: unknown, max: number, min = 0): string | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string" || value.length > max || value.length < min) {
      return this.reject(
        field,
        min === 0 ? `at most ${max} characters` : `${min} to ${max} characters`,
        value,
      );
    }
    if (value.includes("\0")) return this.reject(field, "text without NUL", value);
    if (!value.isWellFormed()) return this.reject(field, "well-formed Unicode", value);
    return value;
  }

  /** A required text; empty only after a rejection. */
  requiredText(field: string, value: unknown, max: number): string {
    if (value === undefined || value === null) this.reject(field, `1 to ${max} characters`, value);
    return this.text(field, value, max, 1) ?? "";
  }

  integer(field: string, value: unknown, min: number, max: number): number | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max)
      return value + 0;
    return this.reject(field, `an integer from ${min} to ${max}`, value);
  }

  /** An object under a field; undefined where it is absent, or after a rejection. */
  object(field: string, value: unknown): JsonObject | undefined {
    if (value === undefined || value === null) return undefined;
    return isObject(value) ? value : this.reject(field, "an object", value);
  }

  /** Keeps the fields of `json` that play.v1 does not know. */
  keepUnknown(json: JsonObject, known: ReadonlySet<string>, prefix: string): void {
    for (const key in json) {
      if (!known.has(key)) this.#keep(prefix, key, json[key]);
    }
  }

  keepAll(json: JsonObject): void {
    this.ext ??= {};
    for (const key in json) this.#keep("", key, json[key]);
  }

  #keep(prefix: string, key: string, value: unknown): void {
    const problem = decodeExt(prefix, key, value, this);
    if (problem !== undefined) this.rejection ??= problem;
  }
}

/** Whether a text holds something of the form `name@host.domain`. */
function holdsEmailAddress(text: string): boolean {
  if (!text.includes("@")) return false;
  return text.split(/[\s,;<>()"]+/).some((word) => {
    const at = word.lastIndexOf("@");
    const dot = word.indexOf(".", at + 2);
    return at > 0 && dot > 0 && dot < word.length - 1;
  });
}

function readUserId(json: JsonObject, fields: FieldReader): UserId {
  const userId = fields.requiredText("user_id", json["user_id"], 128);
  if (holdsEmailAddress(userId)) {
    // The address stays out of the reason: reasons are listed and logged.
    fields.rejection ??= { field: "user_id", reason: "expected an id, got an e-mail address" };
  }
  return userId as UserId;
}

function readStartedAt(value: unknown, arrivedAt: EpochMs, fields: FieldReader): EpochMs {
  const time = typeof value === "string" ? parseIsoTime(value) : value;
  if (typeof time !== "number" || !Number.isInteger(time)) {
    fields.reject("started_at", "epoch ms or an ISO 8601 time", value);
    return 0 as EpochMs;
  }
  if (time < earliestStart) fields.reject("started_at", "a time from 2002-10-01 on", value);
  if (!(time <= arrivedAt + latestStartMs)) fields.reject("started_at", "at most 1 h after arrival", value);
  return time as EpochMs;
}

function readTrackId(
  given: string | undefined,
  artist: string,
  title: string | undefined,
  fields: FieldReader,
  sha256: Sha256Hex,
): TrackId {
  if (given !== undefined) return given as TrackId;
  if (fields.rejection !== undefined) return "" as TrackId;
  const derived = title === undefined ? undefined : deriveTrackId(artist, title, sha256);
  if (derived === undefined) fields.reject("track.id", "an id, or a title to derive it from", title);
  return derived ?? ("" as TrackId);
}

function readTrack(value: unknown, fields: FieldReader, sha256: Sha256Hex): Track {
  const json = fields.object("track", value) ?? {};
  if (value === undefined || value === null) fields.reject("track", "an object", value);
  const given = fields.text("track.id", json["id"], 200, 1);
  const artist = fields.requiredText("track.artist", json["artist"], 1024);
  const title = fields.text("track.title", json["title"], 1024);
  const album = fields.text("track.album", json["album"], 1024);
  const genre = fields.text("track.genre", json["genre"], 64);
  const durationMs = fields.integer("track.duration_ms", json["duration_ms"], 1, maxDurationMs);
  const id = readTrackId(given, artist, title, fields, sha256);
  const track: Mutable<Track> = { id, artist: artist as ArtistName };
  if (title !== undefined) track.title = title;
  if (album !== undefined) track.album = album;
  if (genre !== undefined) track.genre = genre;
  if (durationMs !== undefined) track.durationMs = durationMs;
  fields.keepUnknown(json, trackFields, "track.");
  return track;
}

function readEndReason(value: unknown, fields: FieldReader): EndReason | undefined {
  if (value === undefined || value === null) return undefined;
  if (endReasonSet.has(value)) return value as EndReason;
  return fields.reject("end_reason", `one of ${endReasons.join(", ")}`, value);
}

function readRating(value: unknown, fields: FieldReader): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && value >= 0 && value <= 5) return value + 0;
  return fields.reject("rating", "a number from 0 to 5", value);
}

function readListening(json: JsonObject, play: Mutable<Play>, fields: FieldReader): void {
  const msPlayed = fields.integer("ms_played", json["ms_played"], 0, maxMsPlayed);
  if (msPlayed !== undefined) play.msPlayed = msPlayed;
  const endReason = readEndReason(json["end_reason"], fields);
  if (endReason !== undefined) play.endReason = endReason;
  const rating = readRating(json["rating"], fields);
  if (rating !== undefined) play.rating = rating;
  const mood = fields.text("mood", json["mood"], 64);
  if (mood !== undefined) play.mood = mood;
  const platform = fields.text("platform", json["platform"], 64);
  if (platform !== undefined) play.platform = platform;
}

function readCountry(value: unknown, fields: FieldReader): string | undefined {
  const text = fields.text("geo.country", value, 128);
  if (text === undefined) return undefined;
  return countryCodeOf(text) ?? fields.reject("geo.country", "an ISO 3166-1 country", value);
}

function readGeo(value: unknown, fields: FieldReader): Geo | undefined {
  const json = fields.object("geo", value);
  if (json === undefined) return undefined;
  const geo: Mutable<Geo> = {};
  const country = readCountry(json["country"], fields);
  if (country !== undefined) geo.country = country;
  const city = fields.text("geo.city", json["city"], 128);
  if (city !== undefined) geo.city = city;
  fields.keepUnknown(json, geoFields, "geo.");
  return geo;
}

function readTags(value: unknown, fields: FieldReader): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return fields.reject("tags", "an array of at most 50 texts", value);
  if (value.length > 50) return fields.reject("tags", "at most 50 tags", value);
  const tags: string[] = [];
  for (let i = 0; i < value.length; i++) {
    const tag = fields.text(`tags[${i}]`, value[i], 64);
    if (tag === undefined) return fields.reject(`tags[${i}]`, "a text", value[i]);
    tags.push(tag);
  }
  return tags;
}

/** `horizon` is what holds without it. */
function readDedupe(value: unknown, fields: FieldReader): "always" | undefined {
  if (value === undefined || value === null || value === "horizon") return undefined;
  if (value === "always") return value;
  return fields.reject("dedupe", "horizon or always", value);
}

function readOrigin(json: JsonObject, play: Mutable<Play>, fields: FieldReader): void {
  const geo = readGeo(json["geo"], fields);
  if (geo !== undefined) play.geo = geo;
  const sessionId = fields.text("session_id", json["session_id"], 128);
  if (sessionId !== undefined) play.sessionId = sessionId;
  const deviceId = fields.text("device_id", json["device_id"], 128);
  if (deviceId !== undefined) play.deviceId = deviceId;
  const client = fields.text("client", json["client"], 128);
  if (client !== undefined) play.client = client;
  const tz = fields.text("tz", json["tz"], 128);
  if (tz !== undefined) play.tz = tz;
  const tags = readTags(json["tags"], fields);
  if (tags !== undefined) play.tags = tags;
  if (readDedupe(json["dedupe"], fields) === "always") play.dedupe = "always";
}

function readExt(json: JsonObject, play: Mutable<Play>, fields: FieldReader): void {
  const ext = fields.object("ext", json["ext"]);
  if (ext !== undefined) fields.keepAll(ext);
  fields.keepUnknown(json, topFields, "");
  if (fields.ext !== undefined) play.ext = fields.ext;
}

function readEventId(json: JsonObject, fields: FieldReader): string | undefined {
  const value = json["event_id"];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && eventIdPattern.test(value)) return value;
  return fields.reject("event_id", "1 to 128 letters, digits, _, ., : or -", value);
}

/** What two plays share whose derived event ids are equal; an unambiguous text. */
function identityOf(play: PlayIdentity): string {
  return JSON.stringify([play.userId, play.track.id, play.startedAt, play.client ?? null]);
}

function eventIdOf(identity: string, sha256: Sha256Hex, ordinal: number): EventId {
  return sha256(ordinal === 0 ? identity : `${identity}#${ordinal}`).slice(0, 32) as EventId;
}

/**
 * The id of a play that came without one: the first 128 bits of the SHA-256 of listener, track, start and client.
 *
 * @param ordinal how many plays with the same four came before it in the same file: they are plays of their own
 */
export function deriveEventId(play: PlayIdentity, sha256: Sha256Hex, ordinal = 0): EventId {
  return eventIdOf(identityOf(play), sha256, ordinal);
}

const first: OrdinalOf = () => 0;

/**
 * Makes a play of what `JSON.parse` returned (play.v1, DESIGN.md section 4). Never throws.
 *
 * @param arrivedAt when the play arrived: it bounds `started_at`
 * @param ordinalOf asked only for a play without an event id; see `deriveEventId`
 */
export function decodePlay(
  json: unknown,
  arrivedAt: EpochMs,
  sha256: Sha256Hex,
  ordinalOf: OrdinalOf = first,
): Result<Play, Rejection> {
  if (!isObject(json)) return err({ field: "record", reason: `expected an object, got ${showValue(json)}` });
  const fields = new FieldReader();
  if (json["schema"] !== undefined && json["schema"] !== null && json["schema"] !== schema) {
    fields.reject("schema", schema, json["schema"]);
  }
  const eventId = readEventId(json, fields);
  const userId = readUserId(json, fields);
  const track = readTrack(json["track"], fields, sha256);
  const startedAt = readStartedAt(json["started_at"], arrivedAt, fields);
  const play: Mutable<Play> = { eventId: eventId as EventId, userId, track, startedAt };
  readListening(json, play, fields);
  readOrigin(json, play, fields);
  readExt(json, play, fields);
  if (fields.rejection !== undefined) return err(fields.rejection);
  if (eventId === undefined) {
    const identity = identityOf(play);
    play.eventId = eventIdOf(identity, sha256, ordinalOf(identity, startedAt));
  }
  return ok(play);
}

/** Bytes of the text in UTF-8; lone surrogates count 3. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // A surrogate pair is two units of 2 bytes each.
    const inPair = unit >= 0xd800 && unit <= 0xdfff && (text.codePointAt(i) ?? 0) > 0xffff;
    if (inPair) i += 1;
    bytes += unit < 0x800 ? 1 : 2;
  }
  return bytes;
}

/** Whether the JSON of a play is longer than 10,240 bytes of UTF-8. */
export function isTooLong(text: string): boolean {
  if (text.length * 3 <= maxPlayBytes) return false;
  return text.length > maxPlayBytes || utf8Length(text) > maxPlayBytes;
}

/** `JSON.parse` as a Result. */
export function parseJson(text: string): Result<unknown, Rejection> {
  try {
    return ok(JSON.parse(text));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return err({ field: "record", reason: `not JSON: ${shorten(message)}` });
  }
}

/** A text this short stays under the limit whatever the decoder adds: ids, and digits for numbers such as 1e20. */
export const surelyFitsChars = 1500;

/**
 * A play as the codec writes it may be longer than it came, by its derived ids. It has to fit as well, or nobody
 * could read it back.
 *
 * @param chars characters of the JSON that the play came from
 */
export function checkLength(play: Result<Play, Rejection>, chars: number): Result<Play, Rejection> {
  if (!play.ok || chars <= surelyFitsChars || !isTooLong(encodePlay(play.value))) return play;
  return err({
    field: "record",
    reason: `expected at most ${maxPlayBytes} bytes, got more with the derived ids`,
  });
}

/** Decodes the JSON text of one play. Never throws. */
export function parsePlay(
  text: string,
  arrivedAt: EpochMs,
  sha256: Sha256Hex,
  ordinalOf: OrdinalOf = first,
): Result<Play, Rejection> {
  if (isTooLong(text)) {
    return err({
      field: "record",
      reason: `expected at most ${maxPlayBytes} bytes, got ${utf8Length(text)}`,
    });
  }
  const json = parseJson(text);
  return json.ok ? checkLength(decodePlay(json.value, arrivedAt, sha256, ordinalOf), text.length) : json;
}

/** The play as one line of play.v1 JSON; `decodePlay` gives the same play back. */
export function encodePlay(play: Play): string {
  const { track } = play;
  return JSON.stringify({
    schema,
    event_id: play.eventId,
    user_id: play.userId,
    track: {
      id: track.id,
      artist: track.artist,
      title: track.title,
      album: track.album,
      genre: track.genre,
      duration_ms: track.durationMs,
    },
    started_at: play.startedAt,
    ms_played: play.msPlayed,
    end_reason: play.endReason,
    rating: play.rating,
    mood: play.mood,
    platform: play.platform,
    geo: play.geo,
    session_id: play.sessionId,
    device_id: play.deviceId,
    client: play.client,
    tz: play.tz,
    tags: play.tags,
    dedupe: play.dedupe,
    ext: play.ext,
  });
}
