import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { encodeFrame, type Frame, frameLength, MAX_FRAME_BYTES } from "./frame.ts";
import { FILE_HEADER_BYTES, LogFile, type LogTip, StreamCorruptionError } from "./log-file.ts";
import { comparePositions, ORIGIN, type StreamPosition } from "./sequence-number.ts";

const FILE_PATTERN = /^\d{16}\.log$/;
const SCRATCH_BYTES = 16 * 1024 * 1024;
const REMEMBERED_READERS = 64;

/** What a shard's log is opened with. */
export interface ShardLogOptions {
  readonly dir: string;
  readonly generation: number;
  readonly fsync: boolean;
  /** A file that is this long or longer is not continued. */
  readonly maxFileBytes: number;
}

/** A record to append, its key's UTF-8 length already known. */
export interface LogInput {
  readonly partitionKey: string;
  readonly keyBytes: number;
  readonly data: Uint8Array;
}

/** A half-written record that was cut off when the log was opened. */
export interface LogRecovery {
  readonly file: string;
  readonly offset: number;
  readonly cutBytes: number;
}

interface ReadPoint {
  readonly file: LogFile;
  readonly offset: number;
}

/** The encoding buffer is shared: appends are synchronous, so no two use it at once. */
let scratch = Buffer.alloc(0);

/** One shard: log files in order, of which the last is appended to. */
export class ShardLog {
  readonly #options: ShardLogOptions;
  readonly #files: LogFile[];
  /** Where a reader that has seen a position goes on; oldest first. */
  readonly #readPoints = new Map<string, ReadPoint>();
  readonly recovery: LogRecovery | undefined;
  #tip: LogTip;

  private constructor(
    options: ShardLogOptions,
    files: LogFile[],
    tip: LogTip,
    recovery: LogRecovery | undefined,
  ) {
    this.#options = options;
    this.#files = files;
    this.#tip = tip;
    this.recovery = recovery;
  }

  /**
   * Opens or creates the log in its directory.
   * @throws StreamCorruptionError when the last file is damaged before its end
   */
  static open(options: ShardLogOptions): ShardLog {
    mkdirSync(options.dir, { recursive: true });
    const files = openFiles(options.dir);
    const last = files.at(-1);
    if (last === undefined) return new ShardLog(options, files, { ...ORIGIN, arrivalMs: 0 }, undefined);
    const { tip, cutBytes } = last.recover();
    const recovery = cutBytes > 0 ? { file: last.path, offset: last.size, cutBytes } : undefined;
    return new ShardLog(options, files, tip, recovery);
  }

  /** The newest record, or the origin. */
  get tip(): LogTip {
    return this.#tip;
  }

  /** The position before the oldest record that is kept. */
  get horizon(): StreamPosition {
    return this.#files[0]?.previous ?? ORIGIN;
  }

  /**
   * Appends the records in one write and returns the ordinal of the first.
   * @throws StreamWriteError; nothing of them is then kept
   */
  append(records: readonly LogInput[], nowMs: number): number {
    const { generation, fsync } = this.#options;
    const first = this.#tip.ordinal + 1;
    const arrivalMs = Math.max(this.#tip.arrivalMs, Math.floor(nowMs));
    const file = this.#fileToAppend();
    const base = file.size;
    const buffer = scratchOf(records);
    const starts: number[] = [];
    let end = 0;
    let ordinal = first;
    for (const record of records) {
      starts.push(end);
      end = encodeFrame(buffer, end, file.mark, { ...record, generation, ordinal, arrivalMs });
      ordinal += 1;
    }
    file.append(buffer.subarray(0, end), fsync);
    starts.forEach((start, i) => {
      file.noteFrame({ generation, ordinal: first + i, arrivalMs }, base + start);
    });
    this.#tip = { generation, ordinal: ordinal - 1, arrivalMs };
    return first;
  }

  /** The records after a position, oldest first, until `visit` returns false for one, which is then not consumed. */
  read(after: StreamPosition, visit: (frame: Frame) => boolean): void {
    if (comparePositions(after, this.#tip) >= 0) return;
    let point = this.#locate(after);
    let seen: StreamPosition = after;
    for (let i = this.#files.indexOf(point.file); i < this.#files.length; i += 1) {
      const file = this.#files[i];
      if (file === undefined) break;
      point = file === point.file ? point : { file, offset: FILE_HEADER_BYTES };
      for (const { frame, offset } of file.frames(point.offset)) {
        if (comparePositions(frame, after) > 0) {
          if (!visit(frame)) {
            this.#remember(seen, { file, offset });
            return;
          }
          seen = frame;
        }
        point = { file, offset: offset + frame.length };
      }
      this.#checkJoint(file, this.#files[i + 1], seen);
    }
    this.#remember(seen, point);
  }

  /** The position after which the records that arrived at or after the time (epoch ms) begin. */
  positionBefore(arrivalMs: number): StreamPosition {
    if (this.#tip.arrivalMs < arrivalMs) return this.#tip;
    const later = this.#files.findIndex((file) => file.previous.arrivalMs >= arrivalMs);
    const file = this.#files[later === -1 ? this.#files.length - 1 : Math.max(0, later - 1)];
    if (file === undefined) return ORIGIN;
    let position: StreamPosition = file.previous;
    for (const { frame } of file.frames(file.offsetBefore(arrivalMs))) {
      if (frame.arrivalMs >= arrivalMs) return { ...frame, ordinal: frame.ordinal - 1 };
      position = frame;
    }
    return position;
  }

  /** Deletes the files whose records are all at or before the position and arrived before the time (epoch ms). */
  trim(upTo: StreamPosition, arrivedBeforeMs: number): void {
    for (let next = this.#files[1]; next !== undefined; next = this.#files[1]) {
      const last = next.previous;
      if (comparePositions(last, upTo) > 0 || last.arrivalMs >= arrivedBeforeMs) return;
      this.#files.shift()?.remove();
      this.#readPoints.clear();
    }
  }

  close(): void {
    for (const file of this.#files) file.seal();
  }

  #fileToAppend(): LogFile {
    const current = this.#files.at(-1);
    if (current !== undefined && current.size < this.#options.maxFileBytes) return current;
    const name = `${String(this.#tip.ordinal + 1).padStart(16, "0")}.log`;
    const file = LogFile.create(join(this.#options.dir, name), this.#tip, this.#options.fsync);
    current?.seal();
    this.#files.push(file);
    return file;
  }

  #locate(after: StreamPosition): ReadPoint {
    const remembered = this.#readPoints.get(keyOf(after));
    if (remembered !== undefined) return remembered;
    const later = this.#files.findIndex((file) => comparePositions(file.previous, after) > 0);
    const file = this.#files[later === -1 ? this.#files.length - 1 : Math.max(0, later - 1)];
    if (file === undefined) throw new Error(`shard log ${this.#options.dir} has no files`);
    return { file, offset: file.offsetAtOrBefore(after) };
  }

  #remember(position: StreamPosition, point: ReadPoint): void {
    const key = keyOf(position);
    this.#readPoints.delete(key);
    this.#readPoints.set(key, point);
    if (this.#readPoints.size <= REMEMBERED_READERS) return;
    for (const oldest of this.#readPoints.keys()) {
      this.#readPoints.delete(oldest);
      return;
    }
  }

  #checkJoint(file: LogFile, next: LogFile | undefined, seen: StreamPosition): void {
    if (next === undefined || comparePositions(seen, next.previous) >= 0) return;
    const what = `record ${next.previous.ordinal} is missing before ${next.path}`;
    throw new StreamCorruptionError(file.path, file.size, what);
  }
}

function keyOf(position: StreamPosition): string {
  return `${position.generation}/${position.ordinal}`;
}

function scratchOf(records: readonly LogInput[]): Buffer {
  let bytes = 0;
  for (const record of records) bytes += frameLength(record.keyBytes, record.data);
  if (bytes <= scratch.length) return scratch;
  const buffer = Buffer.allocUnsafeSlow(bytes);
  if (bytes <= SCRATCH_BYTES) scratch = buffer;
  return buffer;
}

/** Whether a record fits into a frame. */
export function fitsFrame(record: LogInput): boolean {
  return record.keyBytes <= 0xffff && frameLength(record.keyBytes, record.data) <= MAX_FRAME_BYTES;
}

/** A last file without a whole header was being created when the process ended: it never held a record. */
function openFiles(dir: string): LogFile[] {
  const names = readdirSync(dir)
    .filter((name) => FILE_PATTERN.test(name))
    .sort();
  const files: LogFile[] = [];
  for (const [i, name] of names.entries()) {
    const path = join(dir, name);
    const file = LogFile.open(path);
    if (file !== undefined) files.push(file);
    else if (i === names.length - 1) rmSync(path);
    else throw new StreamCorruptionError(path, 0, "incomplete file header");
  }
  return files;
}
