import { gzipSync } from "node:zlib";
import type { PoisonKind } from "./fault-kinds.ts";

/** A play as its fields' alternatives, by number: small numbers are plain plays. */
export interface PlaySpec {
  readonly listener: number;
  readonly track: number;
  /** Which of the tracks' names it carries. */
  readonly label: number;
  /** How long before it is put it started. */
  readonly age: number;
  readonly listened: number;
  readonly duration: number;
  readonly end: number;
  readonly rating: number;
  readonly place: number;
  /** Whether it comes without an event id, or with a time as text. */
  readonly form: number;
  /** Whether it is to count once however long ago. */
  readonly mark: number;
}

export type LineSpec = { readonly play: PlaySpec } | { readonly bad: number };

/** Something that a producer puts. */
export type RecordSpec =
  | { readonly kind: "play"; readonly play: PlaySpec }
  | { readonly kind: "block"; readonly bucket: number; readonly lines: readonly LineSpec[] }
  | { readonly kind: "poison"; readonly bucket: number; readonly poison: PoisonKind }
  /** A record that was put before, once more. */
  | { readonly kind: "retry"; readonly of: number }
  /** The same, with all of its plays marked: as somebody sends them who does not know whether they counted. */
  | { readonly kind: "marked retry"; readonly of: number };

/** What a record holds, from whoever made it. */
export type Entry =
  | { readonly kind: "play"; readonly id: string; readonly play: WirePlay }
  | { readonly kind: "reject"; readonly reason: string; readonly raw: Uint8Array };

/** The fields that count, as they are on the wire. */
export interface WirePlay {
  readonly event_id?: string;
  readonly user_id: string;
  readonly track: {
    readonly id: string;
    readonly artist: string;
    readonly title?: string;
    readonly genre?: string;
    readonly duration_ms?: number;
  };
  readonly started_at: number | string;
  readonly ms_played?: number;
  readonly end_reason?: string;
  readonly rating?: number;
  readonly platform?: string;
  readonly mood?: string;
  readonly geo?: { readonly country: string };
  readonly dedupe?: "always";
}

export interface BuiltRecord {
  readonly bucket: number;
  readonly data: Uint8Array;
  readonly entries: readonly Entry[];
}

/** Listeners of one bucket share a shard, whatever happens to the shards. */
export const buckets = 8;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Around the windows' graces: 48 h, 8 days, 5 weeks. */
const ages = [0, 1, minute, 61_001, hour, 5 * hour, day, 47 * hour, 51 * hour, 8 * day, 20 * day, 70 * day];
const future = [-40 * minute, -minute];
const allAges = [...ages, ...future];
const listened = [200_000, 30_000, 29_999, 0, 100_000, undefined, 160_000];
const durations = [200_000, undefined, 120_000];
const ends = [undefined, "done", "skip", "stop"];
const ratings = [undefined, 0, 3.5, 4.99, 5];
const artists = ["Coldplay", "東京事変", "\u{1f3b8}", "ﬀ", "Queen"];
const titles = ["Yellow", undefined, "Clocks"];
const genres = ["pop", undefined, "rock"];
const platforms = ["ios", undefined, "web"];
const moods = [undefined, "Chill", "Sad"];
const countries = ["DE", undefined, "JP"];
const marks = [undefined, undefined, "horizon", "always"] as const;

/** How many alternatives each field of a play has. */
export const alternatives = {
  listener: 2 * buckets,
  track: 10,
  label: artists.length * titles.length,
  age: allAges.length,
  listened: listened.length,
  duration: durations.length,
  end: ends.length,
  rating: ratings.length,
  place: platforms.length * moods.length * countries.length,
  form: 6,
  mark: marks.length,
} as const satisfies Record<keyof PlaySpec, number>;
export const badLines = 4;

const pick = <T>(items: readonly T[], index: number): T => items[index % items.length] as T;
const utf8 = (text: string): Uint8Array => Buffer.from(text, "utf8");
const gzip = (data: Uint8Array): Uint8Array => new Uint8Array(gzipSync(data, { level: 1 }));

/** @param ordinal makes the event id, and differs from play to play; `now` epoch ms */
function wirePlay(spec: PlaySpec, ordinal: number, now: number): WirePlay {
  const startedAt = now - pick(allAges, spec.age);
  const play = {
    event_id: spec.form === 1 ? undefined : `e${ordinal}`,
    user_id: `listener ${spec.listener}`,
    track: {
      id: `song-${spec.track}`,
      // Most songs have one artist; one of them has several, and its label is the earliest play's.
      artist: pick(artists, spec.track === 3 ? spec.label : spec.track),
      title: spec.track < 5 ? pick(titles, spec.label) : "Title",
      genre: pick(genres, spec.track),
      duration_ms: pick(durations, spec.duration),
    },
    started_at: spec.form === 2 ? new Date(startedAt).toISOString() : startedAt,
    ms_played: pick(listened, spec.listened),
    end_reason: pick(ends, spec.end),
    rating: pick(ratings, spec.rating),
    platform: pick(platforms, spec.place),
    mood: pick(moods, Math.floor(spec.place / platforms.length)),
    geo: geoOf(pick(countries, Math.floor(spec.place / platforms.length / moods.length))),
    dedupe: pick(marks, spec.mark),
  };
  return JSON.parse(JSON.stringify(play));
}

const geoOf = (country: string | undefined) => (country === undefined ? undefined : { country });

/** What makes two arrivals the same play: the id, or where there is none what the id is derived from. */
function playEntry(play: WirePlay): Entry {
  const derived = JSON.stringify([play.user_id, play.track.id, new Date(play.started_at).getTime()]);
  return { kind: "play", id: play.event_id ?? derived, play };
}

const aPlay: PlaySpec = {
  ...{
    listener: 0,
    track: 0,
    label: 0,
    age: 2,
    listened: 0,
    duration: 0,
    end: 0,
    rating: 0,
    place: 0,
    form: 0,
    mark: 0,
  },
};

/** Lines of a block that are no plays. */
function badLine(bad: number): Entry {
  const texts = ["{}", "null", "{", '{"user_id":"u","track":{"artist":"a","id":"x"},"started_at":-1}'];
  const reasons = ["user_id: ", "record: expected an object", "record: not JSON", "started_at: "];
  return { kind: "reject", reason: pick(reasons, bad), raw: utf8(pick(texts, bad)) };
}

function block(
  bucket: number,
  lines: readonly LineSpec[],
  ordinal: number,
  now: number,
): Omit<BuiltRecord, "bucket"> {
  const entries = lines.map((line, i): Entry => {
    if ("bad" in line) return badLine(line.bad);
    const listener = bucket + buckets * (line.play.listener % 2);
    return playEntry(wirePlay({ ...line.play, listener }, ordinal * 100 + i, now));
  });
  return { data: blockOf(entries), entries };
}

function blockOf(entries: readonly Entry[]): Uint8Array {
  const feed = utf8("\n");
  return gzip(Buffer.concat(entries.flatMap((entry) => [lineOf(entry), feed])));
}

const lineOf = (entry: Entry): Uint8Array =>
  entry.kind === "play" ? utf8(JSON.stringify(entry.play)) : entry.raw;

/** A record with all of its plays marked; one without plays stays as it is. */
function marked(record: BuiltRecord): BuiltRecord {
  if (record.entries.every(({ kind }) => kind === "reject")) return record;
  const entries = record.entries.map((entry): Entry => {
    return entry.kind === "play" ? { ...entry, play: { ...entry.play, dedupe: "always" } } : entry;
  });
  const [first] = entries;
  const isBlock = record.data[0] === 0x1f;
  return { ...record, entries, data: isBlock || first === undefined ? blockOf(entries) : lineOf(first) };
}

const wholeReject = (reason: string, data: Uint8Array) => ({
  data,
  entries: [{ kind: "reject", reason, raw: data } as const],
});

const text = (reason: string, value: object | string) =>
  wholeReject(reason, utf8(typeof value === "string" ? value : JSON.stringify(value)));

/** More than 8 MiB when it is expanded, 8 KB as it is. */
const expanding = gzip(new Uint8Array(8 * 1024 * 1024 + 1).fill(0x20));
/** More rejects than a block may list. */
const manyBadLines = 1003;

/** Bytes that are no text, the same in every run. */
const garbage = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => 0x80 | ((i * 7) & 0x3f));

type Poison = Omit<BuiltRecord, "bucket">;

function poison(kind: PoisonKind, now: number): Poison {
  const play = wirePlay(aPlay, 0, now);
  switch (kind) {
    case "bad JSON":
      return text("record: not JSON", '{"user_id": "u1", "track"');
    case "not UTF-8":
      return wholeReject("record: not UTF-8", garbage(40));
    case "empty record":
      return wholeReject("record: empty", new Uint8Array());
    case "bad gzip":
      return wholeReject("record: broken gzip", Uint8Array.from([0x1f, 0x8b, ...garbage(60)]));
    case "cut gzip":
      return wholeReject("record: broken gzip", gzip(utf8(JSON.stringify(play))).subarray(0, 40));
    case "too large play":
      return text("record: expected at most 10240 bytes", { ...play, note: "x".repeat(12_000) });
    case "no listener":
      return text("user_id: ", { ...play, user_id: undefined });
    case "e-mail as listener":
      return text("user_id: expected an id, got an e-mail address", { ...play, user_id: "a@b.example" });
    case "too old":
      return text("started_at: ", { ...play, started_at: 1 });
    case "from the future":
      return text("started_at: ", { ...play, started_at: now + 3 * day });
    case "other schema":
      return text("schema: ", { ...play, schema: "play.v2" });
    case "bad rating":
      return text("rating: ", { ...play, rating: 9 });
    case "not an object":
      return text("record: expected an object", "[1]");
    case "block without plays":
      return wholeReject("record: block without plays", gzip(utf8("\n \n")));
    case "block over 8 MiB":
      return wholeReject("record: block expands to more than", expanding);
    case "block of bad lines":
      return blockOfBadLines();
    case "huge garbage":
      return wholeReject("record: not UTF-8", garbage(300_000));
  }
}

function blockOfBadLines(): Poison {
  const data = gzip(utf8("{\n".repeat(manyBadLines)));
  const listed = Array.from({ length: 1000 }, () => badLine(2));
  return { data, entries: [...listed, { kind: "reject", reason: "record: 3 more lines", raw: data }] };
}

/** @param ordinal a number of its own for each record; `now` when it is put, epoch ms; `put` what was put before */
export function buildRecord(
  spec: RecordSpec,
  ordinal: number,
  now: number,
  put: readonly BuiltRecord[],
): BuiltRecord | undefined {
  switch (spec.kind) {
    case "play": {
      const entry = playEntry(wirePlay(spec.play, ordinal * 100, now));
      return { bucket: spec.play.listener % buckets, data: lineOf(entry), entries: [entry] };
    }
    case "block":
      return { bucket: spec.bucket, ...block(spec.bucket, spec.lines, ordinal, now) };
    case "poison":
      return { bucket: spec.bucket, ...poison(spec.poison, now) };
    case "retry":
      return put[spec.of % put.length];
    case "marked retry": {
      const record = put[spec.of % put.length];
      return record && marked(record);
    }
  }
}
