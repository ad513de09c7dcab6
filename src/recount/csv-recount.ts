import { ByteTable, longer, viewOf } from "./byte-table.ts";
import { HeardLog } from "./csv-heard.ts";
import { readIsoTime } from "./iso-time.ts";
import { readPlay } from "./read-play.ts";
import { textOf } from "./text.ts";

const columns = ["user_id", "song_id", "artist", "duration", "timestamp"] as const;
const longestLine = 1024 * 1024;
/** A quoted field may go over several lines while they have so many characters. */
const longestRecord = 10_240;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const earliest = Date.UTC(2002, 9, 1);

/** 1 for bytes that end a plain field. */
const stops = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte > 0x7e || byte === 0x2c || byte === 0x22 || byte === 0x40 ? 1 : 0,
);

/** Rows that are counted together. */
const batchRows = 256;
/** Where a row's listener, song and artist start and end. */
const batchWords = 6;
const powers = Float64Array.of(1, 10, 100, 1000, 1e4, 1e5, 1e6);
/** Characters of a time up to its minute. */
const minuteChars = 16;

const utf8 = new TextEncoder();

/** Thrown where a file's first record does not name the columns. */
export class NoCsvError extends Error {
  override readonly name = "NoCsvError";
}

/**
 * Counts a CSV file of plays (user_id, song_id, artist, duration in seconds, timestamp) with code that shares nothing with what
 * counts plays elsewhere. Most rows are read from their bytes; a row with a quote, or anything else that is not plain, as text.
 * A million rows took 0.5 of the CPU time of counting row by row and byte by byte, into tables of every listener's songs and
 * artists, and, with a thousand listeners listed, 0.82 to 0.99 of DuckDB's on one thread, the more the busier the machine. Memory:
 * what is distinct, and the plays of a `HeardLog`.
 */
export class CsvRecount {
  readonly users = new ByteTable();
  readonly songs = new ByteTable();
  readonly artists = new ByteTable();
  /** By listener. */
  listenedMs = new Float64Array(1024);
  firstHeardAt = new Float64Array(1024);
  /** By song. */
  songPlays = new Uint32Array(1024);
  firstPlayedAt = new Float64Array(1024);
  songArtist = new Uint32Array(1024);
  readonly heard = new HeardLog();
  plays = 0;
  rejected = 0;
  readonly #arrivedAt: number;
  /** Where each column stands; undefined before the header. */
  #places: readonly number[] | undefined;
  /** The same by name. */
  #columns = { user: 0, song: 0, artist: 0, duration: 0, time: 0 };
  #ends = new Int32Array(0);
  /** Rows that were read and not counted yet. */
  readonly #batch = new Int32Array(batchRows * batchWords);
  readonly #batchMs = new Float64Array(batchRows);
  readonly #batchAt = new Float64Array(batchRows);
  #batched = 0;
  #carry: Uint8Array[] = [];
  #carried = 0;
  /** Lines of a record whose quote is open. */
  #open: (string | undefined)[] = [];
  #date = -1;
  #midnight = Number.NaN;
  /** The last minute: what was written, as four words, and its start, epoch ms. */
  readonly #minuteWords = new Int32Array(4);
  #minute = Number.NaN;

  /** @param arrivedAt when the plays arrived, epoch ms: no play starts more than an hour later */
  constructor(arrivedAt: number) {
    this.#arrivedAt = arrivedAt;
  }

  /** Takes the next bytes of the file; they may be overwritten afterwards. @throws NoCsvError */
  push(chunk: Uint8Array): void {
    const end = chunk.lastIndexOf(10);
    if (end === -1) {
      this.#keep(new Uint8Array(chunk));
      return;
    }
    let start = 0;
    if (this.#carried > 0) {
      const first = chunk.indexOf(10);
      this.#keep(chunk.subarray(0, first));
      this.#takeCarried();
      start = first + 1;
    }
    this.#takeLines(chunk, start, end);
    this.#keep(new Uint8Array(chunk.subarray(end + 1)));
  }

  /** Says that these were all bytes. @throws NoCsvError */
  end(): void {
    if (this.#carried > 0) this.#takeCarried();
    while (this.#open.length > 0) this.#giveUp();
    if (this.#places === undefined) throw new NoCsvError("no line names the columns");
  }

  #keep(bytes: Uint8Array): void {
    this.#carried += bytes.length;
    if (this.#carried <= longestLine) this.#carry.push(bytes);
    else this.#carry = [];
  }

  #takeCarried(): void {
    const line = new Uint8Array(this.#carried <= longestLine ? this.#carried : 0);
    let at = 0;
    for (const part of this.#carry) {
      line.set(part, at);
      at += part.length;
    }
    const isTooLong = this.#carried > longestLine;
    this.#carry = [];
    this.#carried = 0;
    if (isTooLong) this.#takeText(undefined);
    else this.#takeLines(line, 0, line.length);
  }

  #takeLines(bytes: Uint8Array, from: number, end: number): void {
    const view = viewOf(bytes);
    for (let start = from; start <= end; ) {
      const next =
        this.#open.length === 0 && this.#places !== undefined ? this.#takeRow(bytes, view, start, end) : -1;
      if (next !== -1) {
        start = next;
        continue;
      }
      const found = bytes.indexOf(10, start);
      const lineEnd = found === -1 || found > end ? end : found;
      this.#takeText(textOf(bytes.subarray(start, lineEnd)));
      start = lineEnd + 1;
    }
    this.#countBatch(view);
  }

  /** Takes the row that starts at `start` and returns where the next does; -1 where it has to be read as text. */
  #takeRow(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const ends = this.#ends;
    const last = ends.length - 1;
    let at = start;
    for (let field = 0; field < last; field++) {
      at = endOfField(bytes, view, at, end);
      if (at >= end || bytes[at] !== 0x2c) return -1;
      ends[field] = at;
      at += 1;
    }
    at = endOfField(bytes, view, at, end);
    ends[last] = at;
    if (at < end && bytes[at] === 0x0d) at += 1;
    if (at < end && bytes[at] !== 10) return -1;
    return this.#keepRow(bytes, view, start) ? at + 1 : -1;
  }

  #keepRow(bytes: Uint8Array, view: DataView, start: number): boolean {
    const { user, song, artist, duration, time } = this.#columns;
    const ms = msIn(bytes, this.#startOf(duration, start), this.#ends[duration] ?? 0);
    const startedAt = this.#timeIn(bytes, view, this.#startOf(time, start), this.#ends[time] ?? 0);
    if (!(ms >= 1 && startedAt >= earliest && startedAt <= this.#arrivedAt + hourMs)) return false;
    const row = this.#batched;
    const at = row * batchWords;
    if (
      !this.#place(at, user, start, 128) ||
      !this.#place(at + 2, song, start, 200) ||
      !this.#place(at + 4, artist, start, 1024)
    )
      return false;
    this.#batchMs[row] = ms;
    this.#batchAt[row] = startedAt;
    this.#batched = row + 1;
    if (this.#batched === batchRows) this.#countBatch(view);
    return true;
  }

  /** Where a field starts in the row that starts at `start`. */
  #startOf(field: number, start: number): number {
    return field === 0 ? start : (this.#ends[field - 1] ?? 0) + 1;
  }

  /** Notes where a field is; false where it has no bytes, or more than `most`. */
  #place(at: number, field: number, start: number, most: number): boolean {
    const from = this.#startOf(field, start);
    const to = this.#ends[field] ?? 0;
    this.#batch[at] = from;
    this.#batch[at + 1] = to;
    return to > from && to - from <= most;
  }

  #countBatch(view: DataView): void {
    const batch = this.#batch;
    const rows = this.#batched;
    this.#batched = 0;
    this.users.numberAll(view, batch, 0, batchWords, rows);
    this.songs.numberAll(view, batch, 2, batchWords, rows);
    this.artists.numberAll(view, batch, 4, batchWords, rows);
    for (let row = 0, at = 0; row < rows; row++, at += batchWords)
      this.#count(
        batch[at] ?? 0,
        batch[at + 2] ?? 0,
        batch[at + 4] ?? 0,
        this.#batchMs[row] ?? 0,
        this.#batchAt[row] ?? 0,
      );
  }

  /** `YYYY-MM-DDTHH:MM:SS`, then a dot and three digits or not, then `Z` or not; NaN for anything else. */
  #timeIn(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const length = bytes[end - 1] === 0x5a ? end - start - 1 : end - start;
    if (length !== 19 && !(length === 23 && bytes[start + 19] === 0x2e)) return Number.NaN;
    if (bytes[start + 4] !== 0x2d || bytes[start + 7] !== 0x2d) return Number.NaN;
    if (bytes[start + 10] !== 0x54 || bytes[start + 13] !== 0x3a || bytes[start + 16] !== 0x3a)
      return Number.NaN;
    const second = wholeIn(bytes, start + 17, start + 19);
    const ms = length === 23 ? wholeIn(bytes, start + 20, start + 23) : 0;
    if (!(second < 60 && ms >= 0)) return Number.NaN;
    return this.#minuteIn(bytes, view, start) + second * 1000 + ms;
  }

  /** A file is mostly in the order of time, and its last minute often this one: 0.9 of the CPU time of a recount without. */
  #minuteIn(bytes: Uint8Array, view: DataView, start: number): number {
    const words = this.#minuteWords;
    let isSame = true;
    for (let at = 0; at < minuteChars; at += 4)
      if (words[at >> 2] !== view.getInt32(start + at, true)) isSame = false;
    if (isSame) return this.#minute;
    for (let at = 0; at < minuteChars; at += 4) words[at >> 2] = view.getInt32(start + at, true);
    const hour = wholeIn(bytes, start + 11, start + 13);
    const minute = wholeIn(bytes, start + 14, start + 16);
    this.#minute =
      hour < 24 && minute < 60 ? this.#midnightIn(bytes, start) + (hour * 60 + minute) * 60_000 : Number.NaN;
    return this.#minute;
  }

  #midnightIn(bytes: Uint8Array, start: number): number {
    const month = wholeIn(bytes, start + 5, start + 7);
    const date =
      (wholeIn(bytes, start, start + 4) * 100 + month) * 100 + wholeIn(bytes, start + 8, start + 10);
    if (date !== this.#date) {
      this.#midnight = readIsoTime(textOf(bytes.subarray(start, start + 10)) ?? "") ?? Number.NaN;
      this.#date = date;
    }
    return this.#midnight;
  }

  #count(user: number, song: number, artist: number, ms: number, at: number): void {
    this.plays += 1;
    if (user >= this.listenedMs.length) {
      this.listenedMs = longer(this.listenedMs, user);
      this.firstHeardAt = longer(this.firstHeardAt, user);
    }
    this.listenedMs[user] = (this.listenedMs[user] ?? 0) + Math.min(ms, dayMs);
    const heard = this.firstHeardAt[user] ?? 0;
    if (heard === 0 || at < heard) this.firstHeardAt[user] = at;
    this.#countSong(song, artist, at);
    this.heard.add(user, song, artist, at);
  }

  /** A song's artist is that of its earliest play, of several the first by its bytes. */
  #countSong(song: number, artist: number, at: number): void {
    if (song >= this.songPlays.length) {
      this.songPlays = longer(this.songPlays, song);
      this.firstPlayedAt = longer(this.firstPlayedAt, song);
      this.songArtist = longer(this.songArtist, song);
    }
    const before = this.songPlays[song] ?? 0;
    const first = this.firstPlayedAt[song] ?? 0;
    this.songPlays[song] = before + 1;
    if (before > 0 && (at > first || (at === first && this.#staysBefore(song, artist)))) return;
    this.firstPlayedAt[song] = at;
    this.songArtist[song] = artist;
  }

  #staysBefore(song: number, artist: number): boolean {
    const own = this.songArtist[song] ?? 0;
    return own === artist || this.artists.compare(own, artist) < 0;
  }

  /** Takes a line as text; undefined where it has none. */
  #takeText(line: string | undefined): void {
    if (this.#open.length === 0 && line !== undefined && /^\s*$/.test(line)) return;
    this.#open.push(line);
    while (this.#open.length > 0) {
      const found = this.#record();
      if (found === "open") return;
      if (found === undefined) this.#giveUp();
      else {
        this.#open = [];
        this.#takeRecord(found);
      }
    }
  }

  /** The fields of the record in the lines that are open, or `open` where it goes on, or undefined where its first line is none. */
  #record(): readonly string[] | "open" | undefined {
    if (this.#open.includes(undefined)) return undefined;
    const text = this.#open.join("\n");
    return this.#open.length > 1 && text.length > longestRecord ? undefined : fieldsOf(text);
  }

  /** Rejects the first open line, and reads the others again. */
  #giveUp(): void {
    const [, ...again] = this.#open;
    this.#open = [];
    this.#reject();
    for (const line of again) this.#takeText(line);
  }

  #reject(): void {
    if (this.#places === undefined) throw new NoCsvError("the first line does not name the columns");
    this.rejected += 1;
  }

  #takeRecord(fields: readonly string[]): void {
    if (this.#places === undefined) this.#readHeader(fields);
    else if (!this.#takeFields(fields)) this.#reject();
  }

  #readHeader(fields: readonly string[]): void {
    const names = fields.map((field) => field.trim().toLowerCase());
    if (
      columns.some((column) => names.indexOf(column) !== names.lastIndexOf(column) || !names.includes(column))
    )
      throw new NoCsvError(`the first line does not name the columns ${columns.join()}`);
    const [user = 0, song = 0, artist = 0, duration = 0, time = 0] = columns.map((column) =>
      names.indexOf(column),
    );
    this.#columns = { user, song, artist, duration, time };
    this.#places = [user, song, artist, duration, time];
    this.#ends = new Int32Array(names.length);
  }

  /** Counts a row as text; false where it is no play. */
  #takeFields(fields: readonly string[]): boolean {
    const [user, song, artist, duration = "", time = ""] = (this.#places ?? []).map((place) => fields[place]);
    if (fields.length !== this.#ends.length) return false;
    if (!/^\s*\d{1,9}(\.\d{1,9})?\s*$/.test(duration)) return false;
    const json = {
      user_id: user,
      track: { id: song, artist, duration_ms: Math.round(Number(duration) * 1000) },
      started_at: time.trim(),
    };
    const play = readPlay(JSON.stringify(json), this.#arrivedAt, () => "none");
    if (play === undefined) return false;
    this.#count(
      numberOfText(this.users, play.userId),
      numberOfText(this.songs, play.trackId),
      numberOfText(this.artists, play.artist),
      json.track.duration_ms,
      play.startedAt,
    );
    return true;
  }
}

const fieldPattern = /(?:"([^"]*(?:""[^"]*)*)"(?=\r?$|,)|[^",]*)(,|\r?$)/y;
const lastIsOpen = /^(?:(?:"[^"]*(?:""[^"]*)*"|[^",]*),)*"[^"]*(?:""[^"]*)*$/;

/** The fields of a record; `open` where the last one's quote is, undefined where quotes are broken. */
function fieldsOf(text: string): readonly string[] | "open" | undefined {
  const fields: string[] = [];
  fieldPattern.lastIndex = 0;
  for (;;) {
    const from = fieldPattern.lastIndex;
    const found = fieldPattern.exec(text);
    if (found === null) return lastIsOpen.test(text) ? "open" : undefined;
    const [whole, quoted, separator = ""] = found;
    fields.push(quoted?.replaceAll('""', '"') ?? text.slice(from, from + whole.length - separator.length));
    if (separator !== ",") return fields;
  }
}

function numberOfText(table: ByteTable, text: string): number {
  const bytes = utf8.encode(text);
  return table.numberOf(viewOf(bytes), 0, bytes.length);
}

/**
 * Stops at a comma, and at what makes a row one to be read as text: control characters, a quote, an `@`, what is not ASCII. Four
 * bytes at once, 0.9 of the CPU time of a recount that takes one: a byte's high bit is set where it stops, and may be above it.
 */
function endOfField(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  let at = start;
  for (const last = end - 4; at <= last; at += 4) {
    const word = view.getInt32(at, true);
    const found =
      (word |
        (word - 0x20202020) |
        (word + 0x01010101) |
        ((word ^ 0x2c2c2c2c) - 0x01010101) |
        ((word ^ 0x22222222) - 0x01010101) |
        ((word ^ 0x40404040) - 0x01010101)) &
      0x80808080;
    if (found !== 0) return at + ((31 - Math.clz32(found & -found)) >> 3);
  }
  while (at < end && stops[bytes[at] ?? 0] === 0) at++;
  return at;
}

/** A whole number of digits; NaN where there are others, or none. */
function wholeIn(bytes: Uint8Array, start: number, end: number): number {
  let value = start < end ? 0 : Number.NaN;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Seconds as ms: up to nine digits, and a dot and one to six more or not; NaN for anything else, and what is no duration. */
function msIn(bytes: Uint8Array, start: number, end: number): number {
  let dot = start;
  while (dot < end && bytes[dot] !== 0x2e) dot++;
  const decimals = dot < end ? end - dot - 1 : 0;
  if (dot - start > 9 || decimals > 6 || (dot < end && decimals === 0)) return Number.NaN;
  const whole = wholeIn(bytes, start, dot);
  const scale = powers[decimals] ?? 1;
  // One rounding from exact integers, as from the text.
  const seconds = decimals === 0 ? whole : (whole * scale + wholeIn(bytes, dot + 1, end)) / scale;
  const ms = Math.round(seconds * 1000);
  return ms >= 1 && ms <= 24 * dayMs ? ms : Number.NaN;
}
