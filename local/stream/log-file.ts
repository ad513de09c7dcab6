import { randomInt } from "node:crypto";
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { syncDirectory } from "./atomic-file.ts";
import { containsFrame, decodeFrame, FRAME_OVERHEAD_BYTES, type Frame } from "./frame.ts";
import { comparePositions, type StreamPosition } from "./sequence-number.ts";

/*
 * A file starts with 64 bytes: "EWSTREAM", u32 format, u32 mark, then what came before its first record: u32
 * generation, u32 zero, f64 ordinal, f64 arrival (epoch ms), zeros, and at 60 a crc32 of the 60 bytes before.
 */
const MAGIC = "EWSTREAM";
const FORMAT = 1;
const HEADER_CRC_AT = 60;
/** Bytes before the first frame of a file. */
export const FILE_HEADER_BYTES = 64;
const INDEX_EVERY_BYTES = 64 * 1024;
const FIRST_CHUNK_BYTES = 64 * 1024;
const MAX_CHUNK_BYTES = 1024 * 1024;

/** The last record before a point of a shard, and when it arrived (epoch ms). */
export interface LogTip extends StreamPosition {
  readonly arrivalMs: number;
}

/** A frame and where it starts in its file. */
export interface LocatedFrame {
  readonly frame: Frame;
  readonly offset: number;
}

interface IndexEntry extends StreamPosition {
  readonly arrivalMs: number;
  readonly offset: number;
}

/** A file of the stream holds something that was never written like this. */
export class StreamCorruptionError extends Error {
  readonly file: string;
  /** Byte offset of the damaged record in the file. */
  readonly offset: number;

  constructor(file: string, offset: number, what: string) {
    super(`stream file ${file} is corrupt at offset ${offset}: ${what}`);
    this.name = "StreamCorruptionError";
    this.file = file;
    this.offset = offset;
  }
}

/** The operating system refused to store records: none of the put's records of this shard were kept. */
export class StreamWriteError extends Error {
  constructor(what: string, options: { readonly cause: unknown }) {
    const { cause } = options;
    super(`${what}: ${cause instanceof Error ? cause.message : cause}`, options);
    this.name = "StreamWriteError";
  }
}

/** One append-only file of a shard's log, with a sparse index from position to offset that is built on first use. */
export class LogFile {
  readonly path: string;
  readonly mark: number;
  /** The last record of the shard before this file. */
  readonly previous: LogTip;
  #size: number;
  #appendFd: number | undefined;
  #index: IndexEntry[] | undefined;
  #nextIndexedAt = FILE_HEADER_BYTES;
  #failure: unknown;

  private constructor(path: string, mark: number, previous: LogTip, size: number) {
    this.path = path;
    this.mark = mark;
    this.previous = previous;
    this.#size = size;
  }

  /** Creates an empty file, open for appending. */
  static create(path: string, previous: LogTip, fsync: boolean): LogFile {
    const file = new LogFile(path, randomInt(1, 2 ** 32), previous, FILE_HEADER_BYTES);
    const fd = openSync(path, "wx+");
    try {
      writeFully(fd, encodeHeader(file.mark, previous), 0);
      if (fsync) {
        fsyncSync(fd);
        syncDirectory(dirname(path));
      }
    } catch (cause) {
      closeSync(fd);
      rmSync(path, { force: true });
      throw new StreamWriteError(`stream file ${path} cannot be created`, { cause });
    }
    file.#appendFd = fd;
    file.#index = [];
    return file;
  }

  /**
   * Opens a file that exists; undefined when the process ended while it was being created.
   * @throws StreamCorruptionError when the header is damaged
   */
  static open(path: string): LogFile | undefined {
    const size = statSync(path).size;
    if (size < FILE_HEADER_BYTES) return undefined;
    const header = Buffer.alloc(FILE_HEADER_BYTES);
    const fd = openSync(path, "r");
    try {
      readFully(fd, header, 0);
    } finally {
      closeSync(fd);
    }
    if (header.readUInt32LE(HEADER_CRC_AT) !== crc32(header.subarray(0, HEADER_CRC_AT))) {
      throw new StreamCorruptionError(path, 0, "damaged file header");
    }
    const format = header.readUInt32LE(8);
    if (format !== FORMAT) throw new Error(`stream file ${path} has format ${format}, not ${FORMAT}`);
    return new LogFile(path, header.readUInt32LE(12), decodeTip(header), size);
  }

  /** Bytes of the file that hold whole records, header included. */
  get size(): number {
    return this.#size;
  }

  /**
   * Reads the whole file, cuts off a record that was half written when the process ended, and opens the file for
   * appending. Returns the last record and how many bytes were cut.
   * @throws StreamCorruptionError when undamaged records follow a damaged one
   */
  recover(): { readonly tip: LogTip; readonly cutBytes: number } {
    const fd = openSync(this.path, "r+");
    this.#appendFd = fd;
    this.#index = [];
    let tip: LogTip = this.previous;
    let end = FILE_HEADER_BYTES;
    try {
      for (const { frame, offset } of this.frames(FILE_HEADER_BYTES)) {
        tip = { generation: frame.generation, ordinal: frame.ordinal, arrivalMs: frame.arrivalMs };
        end = offset + frame.length;
        this.noteFrame(tip, offset);
      }
    } catch (error) {
      if (!(error instanceof StreamCorruptionError) || this.#hasFrameBehind(error.offset)) throw error;
    }
    const cutBytes = this.#size - end;
    if (cutBytes > 0) ftruncateSync(fd, end);
    this.#size = end;
    return { tip, cutBytes };
  }

  /**
   * Writes encoded frames behind the last one.
   * @throws StreamWriteError; the file is then as before
   */
  append(frames: Uint8Array, fsync: boolean): void {
    const fd = this.#appendFd;
    if (fd === undefined) throw new Error(`stream file ${this.path} is not open for appending`);
    if (this.#failure !== undefined)
      throw new StreamWriteError(`stream file ${this.path} has an unknown end`, { cause: this.#failure });
    try {
      writeFully(fd, frames, this.#size);
      if (fsync) fdatasyncSync(fd);
    } catch (cause) {
      this.#undo(fd);
      throw new StreamWriteError(`stream file ${this.path} rejected ${frames.length} bytes`, { cause });
    }
    this.#size += frames.length;
  }

  /** Tells the index of a frame, in the order of the file. */
  noteFrame(tip: LogTip, offset: number): void {
    if (this.#index === undefined || offset < this.#nextIndexedAt) return;
    this.#index.push({ ...tip, offset });
    this.#nextIndexedAt = offset + INDEX_EVERY_BYTES;
  }

  /** An offset of a frame such that every frame before it is at or before the position. */
  offsetAtOrBefore(position: StreamPosition): number {
    return this.#lastOffsetWhere((entry) => comparePositions(entry, position) <= 0);
  }

  /** An offset of a frame such that every frame before it arrived before the time (epoch ms). */
  offsetBefore(arrivalMs: number): number {
    return this.#lastOffsetWhere((entry) => entry.arrivalMs < arrivalMs);
  }

  /**
   * The frames from the given offset on, read in growing chunks.
   * @throws StreamCorruptionError at a frame that is damaged or out of order
   */
  *frames(from: number): Generator<LocatedFrame> {
    const fd = this.#appendFd ?? openSync(this.path, "r");
    try {
      yield* this.#framesOf(fd, from);
    } finally {
      if (fd !== this.#appendFd) closeSync(fd);
    }
  }

  /** Ends appending; the file can still be read. */
  seal(): void {
    if (this.#appendFd !== undefined) closeSync(this.#appendFd);
    this.#appendFd = undefined;
  }

  /** Deletes the file. */
  remove(): void {
    this.seal();
    rmSync(this.path, { force: true });
  }

  *#framesOf(fd: number, from: number): Generator<LocatedFrame> {
    let chunkBytes = FIRST_CHUNK_BYTES;
    let base = from;
    let ordinal = from === FILE_HEADER_BYTES ? this.previous.ordinal : undefined;
    while (base < this.#size) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, this.#size - base));
      readFully(fd, chunk, base);
      let at = 0;
      let decoded = decodeFrame(chunk, at, this.mark);
      for (; typeof decoded === "object"; decoded = decodeFrame(chunk, at, this.mark)) {
        if (ordinal !== undefined && decoded.ordinal !== ordinal + 1) {
          throw new StreamCorruptionError(
            this.path,
            base + at,
            `record ${decoded.ordinal} follows ${ordinal}`,
          );
        }
        ordinal = decoded.ordinal;
        yield { frame: decoded, offset: base + at };
        at += decoded.length;
      }
      base += at;
      this.#checkFragment(base, decoded);
      chunkBytes = Math.max(Math.min(chunkBytes * 4, MAX_CHUNK_BYTES), decoded === "damaged" ? 0 : decoded);
    }
  }

  /** A chunk ended inside a frame: is there more of it in the file? */
  #checkFragment(offset: number, decoded: number | "damaged"): void {
    const left = this.#size - offset;
    if (decoded === "damaged") throw new StreamCorruptionError(this.path, offset, "damaged record");
    if (left > 0 && decoded > left) throw new StreamCorruptionError(this.path, offset, "incomplete record");
  }

  #lastOffsetWhere(isBefore: (entry: IndexEntry) => boolean): number {
    const index = this.#indexed();
    let low = 0;
    let high = index.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = index[middle];
      if (entry !== undefined && isBefore(entry)) low = middle + 1;
      else high = middle;
    }
    return index[low - 1]?.offset ?? FILE_HEADER_BYTES;
  }

  #indexed(): readonly IndexEntry[] {
    if (this.#index !== undefined) return this.#index;
    this.#index = [];
    for (const { frame, offset } of this.frames(FILE_HEADER_BYTES)) this.noteFrame(frame, offset);
    return this.#index;
  }

  #hasFrameBehind(offset: number): boolean {
    const rest = Buffer.alloc(Math.max(0, this.#size - offset - 1));
    const fd = this.#appendFd;
    if (fd === undefined || rest.length < FRAME_OVERHEAD_BYTES) return false;
    readFully(fd, rest, offset + 1);
    return containsFrame(rest, this.mark);
  }

  #undo(fd: number): void {
    try {
      ftruncateSync(fd, this.#size);
    } catch (error) {
      this.#failure = error;
    }
  }
}

function encodeHeader(mark: number, previous: LogTip): Buffer {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  header.write(MAGIC, 0, "latin1");
  header.writeUInt32LE(FORMAT, 8);
  header.writeUInt32LE(mark, 12);
  header.writeUInt32LE(previous.generation, 16);
  header.writeDoubleLE(previous.ordinal, 24);
  header.writeDoubleLE(previous.arrivalMs, 32);
  header.writeUInt32LE(crc32(header.subarray(0, HEADER_CRC_AT)), HEADER_CRC_AT);
  return header;
}

function decodeTip(header: Buffer): LogTip {
  return {
    generation: header.readUInt32LE(16),
    ordinal: header.readDoubleLE(24),
    arrivalMs: header.readDoubleLE(32),
  };
}

function readFully(fd: number, target: Buffer, position: number): void {
  for (let done = 0; done < target.length; ) {
    const count = readSync(fd, target, done, target.length - done, position + done);
    if (count === 0) throw new Error(`stream file ended at ${fstatSync(fd).size} bytes while being read`);
    done += count;
  }
}

function writeFully(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}
