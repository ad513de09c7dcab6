import { type Hash64, hash64 } from "../domain/hash64.ts";
import type { ArtistName, EpochMs, EventId, Play, TrackId, UserId } from "../domain/play.ts";
import { type PlayRow, type PlaySource, rowOf } from "../domain/play-row.ts";
import type { Result } from "../domain/result.ts";
import { err } from "../domain/result.ts";
import type { RejectChunk } from "../domain/segment.ts";
import { decodeColumnarBlock } from "./columnar-decoder.ts";
import { ColumnarEntries } from "./columnar-entries.ts";
import { isColumnar } from "./columnar-format.ts";
import { isGzip } from "./gzip.ts";
import { isTooLong, maxPlayBytes, parsePlay, type Rejection, type Sha256Hex } from "./play-codec.ts";
import {
  type ArrivedRecord,
  maxBlockRejects,
  type RecordEntries,
  RejectingEntries,
  rejectChunkBytes,
} from "./record-entries.ts";
import { shorten } from "./show-value.ts";

export { maxBlockRejects, maxPlayBytes, rejectChunkBytes };

/** The most that a block may expand to, bytes. */
export const maxBlockBytes = 8 * 1024 * 1024;

/** A block up to this size is kept as it is for the plays of a segment's sample; of a larger one, its lines are copied. */
const keptBlockBytes = 256 * 1024;

/** What is different in a browser and in Node. */
export interface RecordCodec {
  /**
   * The expanded bytes, or undefined where there are more than `maxBytes`.
   *
   * @throws Error where the data is no complete gzip
   */
  gunzip(data: Uint8Array, maxBytes: number): Uint8Array | undefined;
  readonly sha256: Sha256Hex;
}

/**
 * Reads plays of the usual shape without making objects of them (play-scanner.ts). What it takes is what `parsePlay` takes,
 * and its row says the same.
 */
export interface PlayScanner {
  /** The row that `scan` fills, but for where its play is kept. */
  readonly row: PlayRow & { source: PlaySource; place: number };
  /** Where the play of the last successful `scan` ended, a line feed after it not included. */
  readonly end: number;
  /**
   * Whether a play of the usual shape starts at `start`, with nothing after it up to the line feed or the end of the
   * bytes. False says nothing: `parsePlay` has to look.
   */
  scan(bytes: Uint8Array, start: number, arrivedAt: EpochMs): boolean;
}

export type RecordEntry =
  | { readonly kind: "play"; readonly play: Play }
  | { readonly kind: "reject"; readonly chunk: RejectChunk };

/** `ignoreBOM` keeps the mark: whether it is one depends on where it stands. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lineFeed = 0x0a;
const mark = "\ufeff";
const markBytes = [0xef, 0xbb, 0xbf];

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined; // it says no more than that a byte is wrong
  }
}

const withoutMark = (text: string): string => (text.startsWith(mark) ? text.slice(1) : text);
const startsWithMark = (bytes: Uint8Array): boolean => markBytes.every((byte, at) => bytes[at] === byte);

const notUtf8: Result<Play, Rejection> = err({ field: "record", reason: "not UTF-8" });

const reasonOf = ({ field, reason }: Rejection): string => `${field}: ${reason}`;

const id: Hash64 = { hi: 0, lo: 0 };
const rowOfPlay = (play: Play): PlayRow => rowOf(play, hash64(play.eventId, id));

/** The plays of lines that a scanner took, by where they start. */
class ScannedLines implements PlaySource {
  readonly #bytes: Uint8Array;
  readonly #arrivedAt: EpochMs;
  readonly #sha256: Sha256Hex;

  constructor(bytes: Uint8Array, arrivedAt: EpochMs, sha256: Sha256Hex) {
    this.#bytes = bytes;
    this.#arrivedAt = arrivedAt;
    this.#sha256 = sha256;
  }

  playAt(start: number): Play {
    const line = this.#bytes.subarray(start, endOfLine(this.#bytes, start));
    const decoded = parsePlay(strictUtf8.decode(line), this.#arrivedAt, this.#sha256);
    if (decoded.ok) return decoded.value;
    throw new Error(`a play was taken that is none: ${reasonOf(decoded.error)}`);
  }

  eventIdAt(start: number): EventId {
    return this.playAt(start).eventId;
  }
}

function endOfLine(bytes: Uint8Array, start: number): number {
  const found = bytes.indexOf(lineFeed, start);
  return found === -1 ? bytes.length : found;
}

/** A Buffer's `slice` is no copy: the line would keep its whole block in memory. */
const copyOf = (bytes: Uint8Array, start: number, end: number) => new Uint8Array(bytes.subarray(start, end));

const noRow: PlayRow = rowOfPlay({
  eventId: "" as EventId,
  userId: "" as UserId,
  track: { id: "" as TrackId, artist: "" as ArtistName },
  startedAt: 0 as EpochMs,
});

/** Entries whose plays are JSON. */
abstract class JsonEntries extends RejectingEntries {
  row: PlayRow = noRow;
  protected readonly sha256: Sha256Hex;
  readonly #scanner: PlayScanner | undefined;

  constructor(record: ArrivedRecord, sha256: Sha256Hex, scanner: PlayScanner | undefined) {
    super(record);
    this.sha256 = sha256;
    this.#scanner = scanner;
  }

  /** Whether a play of the usual shape starts there; then it is in `row`, and ends at the place that is returned. */
  protected scan(bytes: Uint8Array, start: number, source: PlaySource | undefined): number | undefined {
    const scanner = this.#scanner;
    if (scanner === undefined || !scanner.scan(bytes, start, this.record.arrivedAt)) return undefined;
    const { row, end } = scanner;
    row.place = source === undefined ? 0 : start;
    const kept = source ?? new ScannedLines(copyOf(bytes, start, end), this.record.arrivedAt, this.sha256);
    if (row.source !== kept) row.source = kept;
    this.row = row;
    return end;
  }

  protected parse(text: string | undefined): Result<Play, Rejection> {
    return text === undefined ? notUtf8 : parsePlay(text, this.record.arrivedAt, this.sha256);
  }
}

/** A record that is one JSON play. */
class SingleEntry extends JsonEntries {
  protected override advance(): "play" | "reject" | undefined {
    const { data, arrivedAt } = this.record;
    if (this.count > 0) return undefined;
    if (data.length === 0) return this.reject("record: empty", data);
    const end = this.scan(data, 0, new ScannedLines(data, arrivedAt, this.sha256));
    if (end !== undefined && end >= data.length - 1) return "play"; // but for a line feed
    const text = decodeUtf8(data);
    const json = text === undefined ? undefined : withoutMark(text);
    // White space around the JSON, such as the line feed that `echo` leaves, does not count.
    const play = this.parse(json !== undefined && isTooLong(json) ? json.trim() : json);
    if (!play.ok) return this.reject(reasonOf(play.error), data);
    this.row = rowOfPlay(play.value);
    return "play";
  }
}

/** Whether a line holds nothing but JSON's white space. */
function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}

/** A carriage return before the line feed is not part of the play. */
const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);

/** A block of newline-delimited plays. */
class BlockEntries extends JsonEntries {
  readonly #bytes: Uint8Array;
  readonly #source: PlaySource | undefined;
  /** Whether the first line starts with a mark that is part of its raw bytes. */
  readonly #hasMark: boolean;
  #at = 0;

  constructor(block: Uint8Array, record: ArrivedRecord, sha256: Sha256Hex, scanner: PlayScanner | undefined) {
    super(record, sha256, scanner);
    const isMarked = startsWithMark(block);
    const isText = isMarked && decodeUtf8(block) !== undefined;
    this.#bytes = isText ? block.subarray(markBytes.length) : block;
    this.#hasMark = isMarked && !isText;
    if (block.length <= keptBlockBytes) {
      this.#source = new ScannedLines(this.#bytes, record.arrivedAt, sha256);
    }
  }

  protected override advance(): "play" | "reject" | undefined {
    const bytes = this.#bytes;
    while (this.#at < bytes.length) {
      const start = this.#at;
      const scanned = this.scan(bytes, start, this.#source);
      if (scanned !== undefined) {
        this.#at = scanned + 1;
        return "play";
      }
      const end = endOfLine(bytes, start);
      this.#at = end + 1;
      const kind = isBlank(bytes, start, end) ? undefined : this.#addLine(start, end);
      if (kind !== undefined) return kind;
    }
    return this.closeBlock();
  }

  /** Undefined where the line is blank, or not listed. */
  #addLine(start: number, end: number): "play" | "reject" | undefined {
    const raw = this.#bytes.subarray(start, end);
    let line = decodeUtf8(raw);
    if (line !== undefined && start === 0 && this.#hasMark) {
      line = withoutMark(line);
      if (/^[ \t\r]*$/.test(line)) return undefined;
    }
    const play = this.parse(line === undefined ? undefined : withoutReturn(line));
    if (play.ok) {
      this.row = rowOfPlay(play.value);
      return "play";
    }
    return this.rejectLine(reasonOf(play.error), () => raw);
  }
}

/** A record that could not be opened. */
class RejectedRecord extends RejectingEntries {
  readonly row = noRow;
  readonly #reason: string;

  constructor(record: ArrivedRecord, reason: string) {
    super(record);
    this.#reason = reason;
  }

  protected override advance(): "reject" | undefined {
    return this.count === 0 ? this.reject(this.#reason, this.record.data) : undefined;
  }
}

function gunzip(data: Uint8Array, codec: RecordCodec): Result<Uint8Array, string> {
  try {
    const bytes = codec.gunzip(data, maxBlockBytes);
    return bytes === undefined
      ? err(`record: block expands to more than ${maxBlockBytes} bytes`)
      : { ok: true, value: bytes };
  } catch (cause) {
    return err(`record: broken gzip: ${shorten(cause instanceof Error ? cause.message : String(cause))}`);
  }
}

function columnarEntries(data: Uint8Array, record: ArrivedRecord, codec: RecordCodec): RecordEntries {
  const block = decodeColumnarBlock(data, maxBlockBytes);
  return block.ok
    ? new ColumnarEntries(block.value, record, codec.sha256)
    : new RejectedRecord(record, `record: ${block.error}`);
}

/**
 * The plays and rejects of a stream record: one JSON play, a gzip block of newline-delimited plays, or a columnar block, in gzip
 * or not.
 * Never throws. A reject has one entry for each chunk of its raw bytes: the line's, or the record's where no line is to
 * blame.
 *
 * @param scanner spares the objects for plays of the usual shape; the entries are the same without
 */
export function readRecord(record: ArrivedRecord, codec: RecordCodec, scanner?: PlayScanner): RecordEntries {
  const { data } = record;
  if (isColumnar(data)) return columnarEntries(data, record, codec);
  if (!isGzip(data)) return new SingleEntry(record, codec.sha256, scanner);
  const block = gunzip(data, codec);
  if (!block.ok) return new RejectedRecord(record, block.error);
  return isColumnar(block.value)
    ? columnarEntries(block.value, record, codec)
    : new BlockEntries(block.value, record, codec.sha256, scanner);
}

/** All entries of a record, its plays as objects. */
export function expandRecord(record: ArrivedRecord, codec: RecordCodec): readonly RecordEntry[] {
  const entries = readRecord(record, codec);
  const list: RecordEntry[] = [];
  for (let kind = entries.next(); kind !== undefined; kind = entries.next()) {
    if (kind === "reject") list.push({ kind, chunk: entries.chunk });
    else list.push({ kind, play: entries.row.source.playAt(entries.row.place) });
  }
  return list;
}
