import type { EpochMs, Play } from "../domain/play.ts";
import type { Result } from "../domain/result.ts";
import { err } from "../domain/result.ts";
import type { RejectChunk } from "../domain/segment.ts";
import { isGzip } from "./gzip.ts";
import { isTooLong, maxPlayBytes, parsePlay, type Rejection, type Sha256Hex } from "./play-codec.ts";
import { shorten } from "./show-value.ts";

export { maxPlayBytes };

/** The most that a block may expand to, bytes. */
export const maxBlockBytes = 8 * 1024 * 1024;
/** A reject keeps its raw bytes in pieces of this size, so that any of them fits into a segment. */
export const rejectChunkBytes = 10 * 1024;

/**
 * How many lines of one block are rejected one by one. A block of 8 KB can expand to four million lines that are no
 * play; what goes beyond is one more reject, with the block itself as its raw bytes.
 */
export const maxBlockRejects = 1000;

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

/** A record as it came out of the stream. */
export interface ArrivedRecord {
  readonly sequenceNumber: string;
  readonly data: Uint8Array;
  readonly arrivedAt: EpochMs;
}

export type RecordEntry =
  | { readonly kind: "play"; readonly play: Play }
  | { readonly kind: "reject"; readonly chunk: RejectChunk };

/** `ignoreBOM` keeps the mark: whether it is one depends on where it stands. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();
const lineFeed = 0x0a;

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined; // it says no more than that a byte is wrong
  }
}

const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);

const notUtf8: Result<Play, Rejection> = err({ field: "record", reason: "not UTF-8" });

/** Collects the entries of one record. */
class EntryList {
  readonly entries: RecordEntry[] = [];
  readonly #record: ArrivedRecord;
  readonly #sha256: Sha256Hex;
  #rejects = 0;
  /** Lines that are no plays and not listed. */
  #more = 0;

  constructor(record: ArrivedRecord, sha256: Sha256Hex) {
    this.#record = record;
    this.#sha256 = sha256;
  }

  addPlay(text: string, raw: () => Uint8Array): void {
    this.#add(parsePlay(text, this.#record.arrivedAt, this.#sha256), raw);
  }

  addUndecodable(raw: () => Uint8Array): void {
    this.#add(notUtf8, raw);
  }

  #add(decoded: Result<Play, Rejection>, raw: () => Uint8Array): void {
    if (decoded.ok) this.entries.push({ kind: "play", play: decoded.value });
    else if (this.#rejects >= maxBlockRejects) this.#more += 1;
    else this.reject(`${decoded.error.field}: ${decoded.error.reason}`, raw());
  }

  /** Adds the one reject for all lines beyond `maxBlockRejects`. */
  closeBlock(): void {
    if (this.#more > 0) this.reject(`record: ${this.#more} more lines are no plays`, this.#record.data);
  }

  /** Adds one entry a chunk: the consumer may cut a batch between them. */
  reject(reason: string, raw: Uint8Array): void {
    const { sequenceNumber, arrivedAt } = this.#record;
    const chunks = Math.max(1, Math.ceil(raw.length / rejectChunkBytes));
    const entry = this.entries.length;
    this.#rejects += 1;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const start = chunk * rejectChunkBytes;
      this.entries.push({
        kind: "reject",
        chunk: {
          ...{ sequenceNumber, entry, chunk, chunks, arrivedAt },
          reason: chunk === 0 ? reason : "",
          // A copy: a view would keep the whole block in memory, and a Buffer is not quite a Uint8Array.
          raw: new Uint8Array(raw.subarray(start, start + rejectChunkBytes)),
        },
      });
    }
  }
}

/** Whether a line holds nothing but JSON's white space. */
function isBlank(line: string): boolean {
  const start = line.charCodeAt(0);
  if (start > 0x20) return false;
  return /^[ \t\r]*$/.test(line);
}

/** A carriage return before the line feed is not part of the play. */
const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);

function addLine(line: string, raw: () => Uint8Array, list: EntryList): void {
  if (!isBlank(line)) list.addPlay(withoutReturn(line), raw);
}

function addLines(text: string, list: EntryList): void {
  let start = 0;
  while (start < text.length) {
    const found = text.indexOf("\n", start);
    const end = found === -1 ? text.length : found;
    const line = text.slice(start, end);
    addLine(line, () => utf8.encode(line), list);
    start = end + 1;
  }
}

/** Like `addLines`, for a block of which some line is not UTF-8: only that line is rejected. */
function addByteLines(bytes: Uint8Array, list: EntryList): void {
  let start = 0;
  while (start < bytes.length) {
    const found = bytes.indexOf(lineFeed, start);
    const end = found === -1 ? bytes.length : found;
    const raw = bytes.subarray(start, end);
    const line = decodeUtf8(raw);
    if (line === undefined) list.addUndecodable(() => raw);
    else addLine(start === 0 ? withoutMark(line) : line, () => raw, list);
    start = end + 1;
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

function expandBlock(data: Uint8Array, codec: RecordCodec, list: EntryList): void {
  const block = gunzip(data, codec);
  if (!block.ok) {
    list.reject(block.error, data);
    return;
  }
  const text = decodeUtf8(block.value);
  if (text === undefined) addByteLines(block.value, list);
  else addLines(withoutMark(text), list);
  list.closeBlock();
  if (list.entries.length === 0) list.reject("record: block without plays", data);
}

/**
 * The plays and rejects of a stream record: one JSON play, or a gzip block of newline-delimited plays.
 * Never throws, and the same record always gives the same entries in the same order: the head of a shard counts
 * them (I1). A reject has one entry for each chunk of its raw bytes: the line's, or the record's where no line is to
 * blame.
 */
export function expandRecord(record: ArrivedRecord, codec: RecordCodec): readonly RecordEntry[] {
  const { data } = record;
  const list = new EntryList(record, codec.sha256);
  if (isGzip(data)) {
    expandBlock(data, codec, list);
    return list.entries;
  }
  if (data.length === 0) {
    list.reject("record: empty", data);
    return list.entries;
  }
  const text = decodeUtf8(data);
  if (text === undefined) list.addUndecodable(() => data);
  else {
    const json = withoutMark(text);
    // White space around the JSON, such as the line feed that `echo` leaves, does not count.
    list.addPlay(isTooLong(json) ? json.trim() : json, () => data);
  }
  return list.entries;
}
