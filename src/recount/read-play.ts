import { countryCodeOf } from "../wire/countries.ts";
import type { Tools } from "./archived.ts";
import { readIsoTime } from "./iso-time.ts";
import { isJson, type Json, keepOthers, NoPlay, soundText } from "./other-fields.ts";
import { fitsIn } from "./text.ts";
import { trackIdFrom } from "./track-id.ts";

/** What counts of a play. */
export interface ReadPlay {
  readonly id: string;
  readonly userId: string;
  readonly trackId: string;
  readonly artist: string;
  /** Empty where there is none. */
  readonly title: string;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly listenedMs: number;
  readonly qualified: boolean;
  readonly completed: boolean;
  readonly skipped: boolean;
  /** How many whole tenths of the track were played, 0 to 10; undefined where the length or what was heard is unknown. */
  readonly tenth: number | undefined;
  /** Hundredths of a star. */
  readonly rating: number | undefined;
  /** Empty where there is none. */
  readonly genre: string;
  readonly platform: string;
  readonly mood: string;
  readonly country: string;
  /** Whether it asks to count once however long ago it was counted. */
  readonly isMarked: boolean;
}

const maxBytes = 10_240;
/** A play that came in fewer characters fits, whatever its ids and numbers become. */
const surelyFits = 1_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const earliest = Date.UTC(2002, 9, 1);

/** Undefined where the text is no play. @param arrivedAt epoch ms */
export function readPlay(text: string, arrivedAt: number, sha256: Tools["sha256"]): ReadPlay | undefined {
  if (!fitsIn(maxBytes, text)) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    if (!isJson(json)) return undefined;
    const all = readFields(json, arrivedAt, sha256);
    const fits = text.length <= surelyFits || fitsIn(maxBytes, JSON.stringify(all));
    return fits ? judged(all) : undefined;
  } catch (cause) {
    if (cause instanceof NoPlay || cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

type AllFields = ReturnType<typeof readFields>;

/** Every field of a play as it is kept, derived ids included. @throws NoPlay where one is wrong */
function readFields(json: Json, arrivedAt: number, sha256: Tools["sha256"]) {
  const kept = new Map<string, unknown>();
  need(isAbsent(json["schema"]) || json["schema"] === "play.v1");
  const userId = readUserId(json["user_id"]);
  const track = readTrack(json["track"], kept, sha256);
  const startedAt = readStart(json["started_at"], arrivedAt);
  const client = text(json["client"], 0, 128);
  const fields = {
    schema: "play.v1",
    event_id:
      readEventId(json["event_id"]) ?? derivedId([userId, track.id, startedAt, client ?? null], sha256),
    user_id: userId,
    track,
    started_at: startedAt,
    ms_played: whole(json["ms_played"], 0, dayMs),
    end_reason: oneOf(json["end_reason"], ["done", "skip", "stop", "error", "unknown"]),
    rating: readRating(json["rating"]),
    mood: text(json["mood"], 0, 64),
    platform: text(json["platform"], 0, 64),
    geo: readGeo(json["geo"], kept),
    session_id: text(json["session_id"], 0, 128),
    device_id: text(json["device_id"], 0, 128),
    client,
    tz: text(json["tz"], 0, 128),
    tags: readTags(json["tags"]),
    dedupe: oneOf(json["dedupe"], ["always", "horizon"]) === "always" ? "always" : undefined,
  };
  const ext = isAbsent(json["ext"]) ? undefined : objectOf(json["ext"]);
  if (ext !== undefined) keepOthers(ext, [], "", kept);
  keepOthers(json, [...Object.keys(fields), "ext"], "", kept);
  const hasExt = ext !== undefined || kept.size > 0;
  return { ...fields, ext: hasExt ? Object.fromEntries(kept) : undefined };
}

function judged({ track, geo, ...play }: AllFields): ReadPlay {
  const { ms_played: played, end_reason: end, rating } = play;
  const share =
    played === undefined || track.duration_ms === undefined ? undefined : played / track.duration_ms;
  return {
    id: play.event_id,
    userId: play.user_id,
    trackId: track.id,
    artist: track.artist,
    title: track.title ?? "",
    startedAt: play.started_at,
    listenedMs: Math.min(played ?? track.duration_ms ?? 0, dayMs),
    qualified: played === undefined || played >= 30_000,
    completed: share === undefined ? end === "done" : share >= 0.8,
    skipped: end === "skip" || (share !== undefined && share < 0.8),
    tenth: share === undefined ? undefined : Math.min(Math.floor(share * 10), 10),
    rating: rating === undefined ? undefined : Math.round(rating * 100),
    genre: track.genre ?? "",
    platform: play.platform ?? "",
    mood: play.mood ?? "",
    country: geo?.country ?? "",
    isMarked: play.dedupe === "always",
  };
}

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

function need(holds: boolean): asserts holds {
  if (!holds) throw new NoPlay("field");
}

function objectOf(value: unknown): Json {
  need(isJson(value));
  return value;
}

/** A text of `min` to `max` UTF-16 code units, where there is one. */
function text(value: unknown, min: number, max: number): string | undefined {
  if (isAbsent(value)) return undefined;
  need(typeof value === "string" && value.length >= min && value.length <= max);
  return soundText(value);
}

function requiredText(value: unknown, max: number): string {
  const found = text(value, 1, max);
  need(found !== undefined);
  return found;
}

function whole(value: unknown, min: number, max: number): number | undefined {
  if (isAbsent(value)) return undefined;
  need(typeof value === "number" && Number.isInteger(value) && value >= min && value <= max);
  return value;
}

function oneOf<Name extends string>(value: unknown, names: readonly Name[]): Name | undefined {
  if (isAbsent(value)) return undefined;
  const found = names.find((name) => name === value);
  need(found !== undefined);
  return found;
}

function readRating(value: unknown): number | undefined {
  if (isAbsent(value)) return undefined;
  need(typeof value === "number" && value >= 0 && value <= 5);
  return value;
}

function readEventId(value: unknown): string | undefined {
  const id = text(value, 1, 128);
  need(id === undefined || /^[A-Za-z0-9_.:-]+$/.test(id));
  return id;
}

const derivedId = (identity: readonly unknown[], sha256: Tools["sha256"]): string =>
  sha256(JSON.stringify(identity)).slice(0, 32);

function readUserId(value: unknown): string {
  const id = requiredText(value, 128);
  need(!id.split(/[\s,;<>()"]/).some(isMailAddress));
  return id;
}

/** Whether something stands before the last `@`, and after it a dot with something on both sides. */
function isMailAddress(word: string): boolean {
  const at = word.lastIndexOf("@");
  return at > 0 && word.slice(at + 2, -1).includes(".");
}

function readStart(value: unknown, arrivedAt: number): number {
  const at = typeof value === "string" ? readIsoTime(value) : value;
  need(typeof at === "number" && Number.isInteger(at));
  need(at >= earliest && at <= arrivedAt + hourMs);
  return at;
}

function readTrack(value: unknown, kept: Map<string, unknown>, sha256: Tools["sha256"]) {
  const json = objectOf(value);
  const given = text(json["id"], 1, 200);
  const artist = requiredText(json["artist"], 1024);
  const title = text(json["title"], 0, 1024);
  const id = given ?? (title === undefined ? undefined : trackIdFrom(artist, title, sha256));
  need(id !== undefined);
  const track = {
    id,
    artist,
    title,
    album: text(json["album"], 0, 1024),
    genre: text(json["genre"], 0, 64),
    duration_ms: whole(json["duration_ms"], 1, 24 * dayMs),
  };
  keepOthers(json, Object.keys(track), "track.", kept);
  return track;
}

function readGeo(value: unknown, kept: Map<string, unknown>) {
  if (isAbsent(value)) return undefined;
  const json = objectOf(value);
  const name = text(json["country"], 0, 128);
  const country = name === undefined ? undefined : countryCodeOf(name);
  need(name === undefined || country !== undefined);
  const geo = { country, city: text(json["city"], 0, 128) };
  keepOthers(json, Object.keys(geo), "geo.", kept);
  return geo;
}

function readTags(value: unknown): readonly string[] | undefined {
  if (isAbsent(value)) return undefined;
  need(Array.isArray(value) && value.length <= 50);
  return value.map((tag) => {
    const found = text(tag, 0, 64);
    need(found !== undefined);
    return found;
  });
}
