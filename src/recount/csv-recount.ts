import { ByteTable, longer } from "./byte-table.ts";
import { readIsoTime } from "./iso-time.ts";
import { PairSet, PairTally } from "./pair-tally.ts";
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

const utf8 = new TextEncoder();

/** Thrown where a file's first record does not name the columns. */
export class NoCsvError extends Error {
  override readonly name = "NoCsvError";
}

/**
 * Counts a CSV file of plays (user_id, song_id, artist, duration in seconds, timestamp) with code that shares nothing with what
 * counts plays elsewhere. Most rows are read byte by byte; a row with a quote, or anything else that is not plain, as text.
 * Memory: what is distinct, among it each listener's songs and artists.
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
  readonly artistsOfUser = new PairTally();
  readonly songsOfUser = new PairSet();
  plays = 0;
  rejected = 0;
  readonly #arrivedAt: number;
  /** Where each column stands; undefined before the header. */
  #places: readonly number[] | undefined;
  /** The same by name. */
  #columns = { user: 0, song: 0, artist: 0, duration: 0, time: 0 };
  #ends = new Int32Array(0);
  #hashes = new Int32Array(0);
  #carry: Uint8Array[] = [];
  #carried = 0;
  /** Lines of a record whose quote is open. */
  #open: (string | undefined)[] = [];
  #date = -1;
  #midnight = Number.NaN;

  /** @param arrivedAt when the plays arrived, epoch ms: no play starts more than an hour later */
  constructor(arrivedAt: number) {
    this.#arrivedAt = arrivedAt;
  }

  /** Takes the next bytes of the file. @throws NoCsvError */
  push(chunk: Uint8Array): void {
    const end = chunk.lastIndexOf(10);
    if (end === -1) {
      this.#keep(chunk);
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
    this.#keep(chunk.slice(end + 1));
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
    for (let start = from; start <= end; ) {
      const next =
        this.#open.length === 0 && this.#places !== undefined ? this.#takeRow(bytes, start, end) : -1;
      if (next !== -1) {
        start = next;
        continue;
      }
      const found = bytes.indexOf(10, start);
      const lineEnd = found === -1 || found > end ? end : found;
      this.#takeText(textOf(bytes.subarray(start, lineEnd)));
      start = lineEnd + 1;
    }
  }

  /** Counts the row that starts at `start` and returns where the next does; -1 where it has to be read as text. */
  #takeRow(bytes: Uint8Array, start: number, end: number): number {
    const last = this.#ends.length - 1;
    let at = start;
    for (let field = 0; field < last; field++) {
      at = this.#endOfField(bytes, at, end, field);
      if (at >= end || bytes[at] !== 0x2c) return -1;
      at += 1;
    }
    at = this.#endOfField(bytes, at, end, last);
    if (at < end && bytes[at] === 0x0d) at += 1;
    if (at < end && bytes[at] !== 10) return -1;
    return this.#countRow(bytes, start) ? at + 1 : -1;
  }

  /** Stops at a comma, and at what makes a row one to be read as text: control characters, a quote, an `@`, what is not ASCII. */
  #endOfField(bytes: Uint8Array, start: number, end: number, field: number): number {
    let hash = 7;
    let at = start;
    for (; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (stops[byte] === 1) break;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    this.#ends[field] = at;
    this.#hashes[field] = hash;
    return at;
  }

  #countRow(bytes: Uint8Array, start: number): boolean {
    const { user, song, artist, duration, time } = this.#columns;
    const ms = msIn(bytes, this.#startOf(duration, start), this.#ends[duration] ?? 0);
    const startedAt = this.#timeIn(bytes, this.#startOf(time, start), this.#ends[time] ?? 0);
    if (!(ms >= 1 && startedAt >= earliest && startedAt <= this.#arrivedAt + hourMs)) return false;
    if (!this.#fits(user, start, 128) || !this.#fits(song, start, 200) || !this.#fits(artist, start, 1024))
      return false;
    this.#count(
      this.#numberIn(this.users, user, bytes, start),
      this.#numberIn(this.songs, song, bytes, start),
      this.#numberIn(this.artists, artist, bytes, start),
      ms,
      startedAt,
    );
    return true;
  }

  /** Where a field starts in the row that starts at `start`. */
  #startOf(field: number, start: number): number {
    return field === 0 ? start : (this.#ends[field - 1] ?? 0) + 1;
  }

  #fits(field: number, start: number, most: number): boolean {
    const length = (this.#ends[field] ?? 0) - this.#startOf(field, start);
    return length > 0 && length <= most;
  }

  #numberIn(table: ByteTable, field: number, bytes: Uint8Array, start: number): number {
    return table.numberOf(
      bytes,
      this.#startOf(field, start),
      this.#ends[field] ?? 0,
      this.#hashes[field] ?? 0,
    );
  }

  /** `YYYY-MM-DDTHH:MM:SS`, then a dot and three digits or not, then `Z` or not; NaN for anything else. */
  #timeIn(bytes: Uint8Array, start: number, end: number): number {
    const length = bytes[end - 1] === 0x5a ? end - start - 1 : end - start;
    if (length !== 19 && !(length === 23 && bytes[start + 19] === 0x2e)) return Number.NaN;
    if (bytes[start + 10] !== 0x54 || bytes[start + 13] !== 0x3a || bytes[start + 16] !== 0x3a)
      return Number.NaN;
    const hour = wholeIn(bytes, start + 11, start + 13);
    const minute = wholeIn(bytes, start + 14, start + 16);
    const second = wholeIn(bytes, start + 17, start + 19);
    const ms = length === 23 ? wholeIn(bytes, start + 20, start + 23) : 0;
    if (!(hour < 24 && minute < 60 && second < 60 && ms >= 0)) return Number.NaN;
    return this.#midnightIn(bytes, start) + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
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
    this.artistsOfUser.add(user, artist, at);
    this.songsOfUser.add(user, song);
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
    this.#hashes = new Int32Array(names.length);
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
  let hash = 7;
  for (const byte of bytes) hash = (Math.imul(hash, 31) + byte) | 0;
  return table.numberOf(bytes, 0, bytes.length, hash);
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
  const scale = 10 ** decimals;
  // One rounding from exact integers, as from the text.
  const seconds = decimals === 0 ? whole : (whole * scale + wholeIn(bytes, dot + 1, end)) / scale;
  const ms = Math.round(seconds * 1000);
  return ms >= 1 && ms <= 24 * dayMs ? ms : Number.NaN;
}
