import type { Json } from "./other-fields.ts";
import { isJson } from "./other-fields.ts";

/** ADR 0021 says what the bytes of a columnar block mean; this reads them on its own. */
const start = [0x89, 0x45, 0x57];
const version = 1;
const mostBytes = 8_388_608;
const bytesOfRow = 512;
const bytesOfChar = 6;
const bytesOfName = 64;
const deepest = 64;
const ofTrack = ["id", "artist", "title", "album", "genre"];
const ofRow = [
  ...["user", "track", "startedAt", "duration", "played", "rating", "id", "endReason", "mood", "platform"],
  ...["country", "city", "session", "device", "client", "tz", "dedupe", "rest"],
];
const values = ["startedAt", "duration", "played", "rating"];
const hexId = 16;

export const startsAsColumnar = (data: Uint8Array): boolean => start.every((byte, at) => data[at] === byte);

type Columns = Readonly<Record<string, readonly number[]>>;

/** The rows of a columnar block as play.v1 JSON; undefined where it is broken, or expands to more than 8 MiB. */
export function columnarLines(data: Uint8Array): readonly string[] | undefined {
  const cursor = new Cursor(data, start.length + 1);
  if (data[start.length] !== version) return undefined;
  const [rows, textCount, trackCount] = [cursor.count(), cursor.count(), cursor.count()];
  if (rows * bytesOfRow > mostBytes || Math.max(textCount, trackCount) * bytesOfName > mostBytes)
    return undefined;
  const texts = readTexts(cursor, textCount);
  const tracks = Object.fromEntries(ofTrack.map((name) => [name, [0, ...cursor.column(trackCount)]]));
  const columns = Object.fromEntries(ofRow.map((name) => [name, cursor.column(rows)]));
  const ids = columns["id"]?.map((id) => (id === 0 ? hex(cursor.bytes(hexId)) : texts?.[id]));
  if (texts === undefined || ids === undefined || !cursor.isAtEnd) return undefined;
  if (!areNumbers(tracks, [], textCount) || !areNumbers(columns, ["track", ...values], textCount))
    return undefined;
  if (!areNumbers({ track: columns["track"] ?? [] }, [], trackCount)) return undefined;
  const rests = restsIn(columns["rest"] ?? [], texts);
  if (rests === undefined || bytesOf(columns, tracks, texts) > mostBytes) return undefined;
  return ids.map((id, row) => lineOf(row, id ?? "", columns, tracks, texts, rests));
}

/** Reads on from a place; past the end, and where a number is too large, it gives what makes `isAtEnd` false. */
class Cursor {
  readonly #data: Uint8Array;
  #at: number;
  #isBroken = false;

  constructor(data: Uint8Array, at: number) {
    this.#data = data;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return !this.#isBroken && this.#at === this.#data.length;
  }

  count(): number {
    let value = 0n;
    for (let shift = 0n; shift < 56n; shift += 7n) {
      const byte = this.#data[this.#at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128 && value < 1n << 53n) return Number(value);
    }
    this.#isBroken = true;
    return 0;
  }

  bytes(count: number): Uint8Array {
    const from = this.#at;
    this.#at += count;
    if (this.#at > this.#data.length) this.#isBroken = true;
    return this.#data.subarray(from, this.#at);
  }

  column(count: number): number[] {
    const base = this.count();
    const [width = 7] = this.bytes(1);
    if (width > 6 || base > 2 ** 53 - 2 ** 48) this.#isBroken = true;
    const packed = this.bytes(this.#isBroken ? 0 : count * width);
    if (this.#isBroken) return [];
    return Array.from({ length: count }, (_, row) => {
      let value = 0;
      for (let at = width - 1; at >= 0; at--) value = value * 256 + (packed[row * width + at] ?? 0);
      return base + value;
    });
  }
}

function readTexts(cursor: Cursor, count: number): readonly string[] | undefined {
  const lengths = cursor.column(count);
  const bytes = cursor.bytes(cursor.count());
  let all: string;
  try {
    all = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined; // no UTF-8
  }
  let end = 0;
  const texts = lengths.map((length) => {
    end += length;
    return all.slice(end - length, end);
  });
  return end === all.length ? ["", ...texts] : undefined;
}

const areNumbers = (columns: Columns, except: readonly string[], most: number): boolean =>
  Object.entries(columns).every(
    ([name, numbers]) => except.includes(name) || numbers.every((number) => number <= most),
  );

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function restsIn(
  numbers: readonly number[],
  texts: readonly string[],
): ReadonlyMap<number, Json> | undefined {
  const rests = new Map<number, Json>();
  try {
    for (const number of new Set(numbers)) {
      const json: unknown = number === 0 ? {} : JSON.parse(texts[number] ?? "");
      if (!isJson(json) || levelsOf(json, deepest + 1) > deepest) return undefined;
      rests.set(number, json);
    }
    return rests;
  } catch {
    return undefined; // no JSON
  }
}

/** How deep a value is nested, as far as `most`. */
function levelsOf(value: unknown, most: number): number {
  if (typeof value !== "object" || value === null || most === 0) return 0;
  return (
    1 + Object.values(value).reduce((levels: number, each) => Math.max(levels, levelsOf(each, most - 1)), 0)
  );
}

function bytesOf(columns: Columns, tracks: Columns, texts: readonly string[]): number {
  const lengthOf = (number: number | undefined): number => texts[number ?? 0]?.length ?? 0;
  let chars = 0;
  for (const [name, numbers] of Object.entries(columns)) {
    if (values.includes(name)) continue;
    for (const number of numbers) {
      if (name === "track") for (const field of ofTrack) chars += lengthOf(tracks[field]?.[number]);
      else chars += lengthOf(number);
    }
  }
  return chars * bytesOfChar + bytesOfRow * (columns["user"]?.length ?? 0);
}

function lineOf(
  row: number,
  id: string,
  columns: Columns,
  tracks: Columns,
  texts: readonly string[],
  rests: ReadonlyMap<number, Json>,
): string {
  const textIn = (numbers: readonly number[] | undefined, at: number): string | undefined =>
    numbers?.[at] === 0 ? undefined : texts[numbers?.[at] ?? 0];
  const text = (name: string): string | undefined => textIn(columns[name], row);
  const given = (name: string): number | undefined => {
    const value = columns[name]?.[row] ?? 0;
    return value === 0 ? undefined : value - 1;
  };
  const number = columns["track"]?.[row] ?? 0;
  const track = ofTrack.map((name) => [name, textIn(tracks[name], number)]);
  const rating = given("rating");
  const [country, city] = [text("country"), text("city")];
  return JSON.stringify({
    schema: "play.v1",
    event_id: id,
    user_id: text("user"),
    track: { ...Object.fromEntries(track), duration_ms: given("duration") },
    started_at: columns["startedAt"]?.[row],
    ms_played: given("played"),
    end_reason: text("endReason"),
    rating: rating === undefined ? undefined : rating / 100,
    mood: text("mood"),
    platform: text("platform"),
    geo: country === undefined && city === undefined ? undefined : { country, city },
    session_id: text("session"),
    device_id: text("device"),
    client: text("client"),
    tz: text("tz"),
    dedupe: text("dedupe"),
    ...rests.get(columns["rest"]?.[row] ?? 0),
  });
}
