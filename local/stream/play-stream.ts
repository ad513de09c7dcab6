import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { syncDirectory, writeFileAtomically } from "./atomic-file.ts";
import { type HashKeyRange, hashKeyRange, ShardRouter } from "./hash-key.ts";
import {
  comparePositions,
  ORIGIN,
  parseSequenceNumber,
  type StreamPosition,
  sequenceNumberFormatter,
} from "./sequence-number.ts";
import { fitsFrame, type LogInput, type LogRecovery, ShardLog } from "./shard-log.ts";

const STREAM_FILE = "stream.json";
const FORMAT = 1;
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Where a reader that has seen nothing begins: the oldest record that is kept. */
export const TRIM_HORIZON = "TRIM_HORIZON";

/** What a stream is opened with. */
export interface LocalStreamOptions {
  /** The stream's own directory; created when missing. */
  readonly dir: string;
  readonly name: string;
  /** Must be that of an existing directory. */
  readonly shardCount: number;
  /** How long a consumed record is kept at least, in ms. */
  readonly retentionMs: number;
  /** Acknowledge only what is on the disk (fdatasync), not just with the operating system. */
  readonly fsync: boolean;
  /** Epoch ms. */
  readonly now: () => number;
  /** @default 64 MiB */
  readonly maxFileBytes?: number;
}

/** A record to put. */
export interface StreamInput {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Decimal, below 2^128: takes the place of the partition key's hash. */
  readonly explicitHashKey?: string;
}

/** Where a put record went. */
export interface PutResult {
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/** A record as it was put. */
export interface StreamRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Epoch ms; never smaller than that of an earlier record of the shard. */
  readonly approximateArrivalTimestamp: number;
}

/** How much to read at once. The first record is returned whatever its size. */
export interface ReadLimits {
  readonly maxRecords: number;
  readonly maxBytes: number;
  /** What a record counts towards `maxBytes`. @default bytes of data and partition key */
  readonly sizeOf?: (record: StreamRecord) => number;
}

interface Shard {
  readonly index: number;
  readonly id: string;
  readonly log: ShardLog;
  readonly format: (ordinal: number) => string;
}

interface StreamFile {
  readonly format: number;
  readonly name: string;
  readonly shardCount: number;
  readonly generation: number;
  readonly createdAtMs: number;
}

/** The ARN under which handlers see an embedded stream. */
export function streamArn(name: string): string {
  return `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`;
}

/** The id of the shard with the index, as Kinesis writes it. */
export function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}

/**
 * A durable append-only stream with shards that keeps what Kinesis promises: order and increasing sequence numbers per
 * shard, and nothing lost that was acknowledged. One process at a time may have a directory open.
 */
export class LocalStream {
  readonly name: string;
  readonly dir: string;
  readonly retentionMs: number;
  /** Epoch ms. */
  readonly createdAtMs: number;
  readonly #shards: readonly Shard[];
  readonly #byId: ReadonlyMap<string, Shard>;
  readonly #router: ShardRouter;
  readonly #now: () => number;
  readonly #listeners = new Set<(shardId: string) => void>();
  readonly #readers = new Set<(shardId: string) => string>();
  #isClosed = false;

  private constructor(options: LocalStreamOptions, createdAtMs: number, shards: readonly Shard[]) {
    this.name = options.name;
    this.dir = options.dir;
    this.retentionMs = options.retentionMs;
    this.createdAtMs = createdAtMs;
    this.#shards = shards;
    this.#byId = new Map(shards.map((shard) => [shard.id, shard]));
    this.#router = new ShardRouter(shards.length);
    this.#now = options.now;
  }

  /**
   * Opens or creates a stream; cuts off what was half written when the last process ended.
   * @throws StreamCorruptionError when a record other than the last is damaged
   * @throws Error when the directory holds another stream or another number of shards
   */
  static open(options: LocalStreamOptions): LocalStream {
    if (!Number.isInteger(options.shardCount) || options.shardCount < 1 || options.shardCount > 999_999) {
      throw new RangeError(`shard count ${options.shardCount} is not between 1 and 999999`);
    }
    const { generation, createdAtMs } = enterDirectory(options);
    const { fsync, maxFileBytes = MAX_FILE_BYTES } = options;
    const shards = Array.from({ length: options.shardCount }, (_, index): Shard => {
      const id = shardIdOf(index);
      const log = ShardLog.open({ dir: join(options.dir, id), generation, fsync, maxFileBytes });
      return { index, id, log, format: sequenceNumberFormatter(generation, index) };
    });
    if (fsync) syncDirectory(options.dir);
    return new LocalStream(options, createdAtMs, shards);
  }

  get shardIds(): readonly string[] {
    return this.#shards.map((shard) => shard.id);
  }

  /** The half-written records that were cut off when the stream was opened. */
  get recoveries(): readonly LogRecovery[] {
    return this.#shards.flatMap((shard) => shard.log.recovery ?? []);
  }

  hashKeyRange(shardId: string): HashKeyRange {
    return hashKeyRange(this.#shard(shardId).index, this.#shards.length);
  }

  /** The number below all of the shard's sequence numbers. */
  startingSequenceNumber(shardId: string): string {
    return numberOf(this.#shard(shardId), ORIGIN);
  }

  /** The sequence number of the shard's newest record, or TRIM_HORIZON when there never was one. */
  lastSequenceNumber(shardId: string): string {
    const shard = this.#shard(shardId);
    return shard.log.tip.ordinal === 0 ? TRIM_HORIZON : numberOf(shard, shard.log.tip);
  }

  /**
   * Appends records, in order per shard, with one write per shard. When it returns they survive the death of the process,
   * with `fsync` that of the machine.
   * @throws RangeError when a record is too big or its hash key is not one; nothing is then kept
   * @throws StreamWriteError when the operating system refuses; records of other shards may have been kept
   */
  put(records: readonly StreamInput[]): readonly PutResult[] {
    if (this.#isClosed) throw new Error(`stream ${this.name} is closed`);
    const inputs = records.map(toLogInput);
    const routes = this.#routesOf(records);
    const results: PutResult[] = new Array(records.length);
    const nowMs = this.#now();
    for (const [shard, places] of routes) {
      const batch = routes.size === 1 ? inputs : places.flatMap((place) => inputs[place] ?? []);
      const first = shard.log.append(batch, nowMs);
      for (const [i, place] of places.entries()) {
        results[place] = { shardId: shard.id, sequenceNumber: shard.format(first + i) };
      }
    }
    for (const shard of routes.keys()) for (const listener of this.#listeners) listener(shard.id);
    return results;
  }

  /**
   * The records behind a sequence number of the shard, oldest first; none at the tip.
   * @throws StreamCorruptionError when a record is damaged
   */
  read(shardId: string, after: string, limits: ReadLimits): readonly StreamRecord[] {
    const shard = this.#shard(shardId);
    const sizeOf = limits.sizeOf ?? rawSize;
    const records: StreamRecord[] = [];
    let generation = -1;
    let format = shard.format;
    let bytes = 0;
    shard.log.read(this.#position(shard, after), (frame) => {
      if (records.length >= limits.maxRecords) return false;
      if (frame.generation !== generation) {
        generation = frame.generation;
        format = sequenceNumberFormatter(generation, shard.index);
      }
      const record: StreamRecord = {
        sequenceNumber: format(frame.ordinal),
        partitionKey: frame.partitionKey,
        data: frame.data,
        approximateArrivalTimestamp: frame.arrivalMs,
      };
      bytes += sizeOf(record);
      if (records.length > 0 && bytes > limits.maxBytes) return false;
      records.push(record);
      return true;
    });
    return records;
  }

  /** How many records of the shard are behind a sequence number. */
  countAfter(shardId: string, after: string): number {
    const shard = this.#shard(shardId);
    const from = Math.max(this.#position(shard, after).ordinal, shard.log.horizon.ordinal);
    return Math.max(0, shard.log.tip.ordinal - from);
  }

  /** What to read after to get the record with the sequence number, if there is one, and those behind it. */
  positionAt(shardId: string, sequenceNumber: string): string {
    const shard = this.#shard(shardId);
    const position = this.#position(shard, sequenceNumber);
    return numberOf(shard, { ...position, ordinal: Math.max(0, position.ordinal - 1) });
  }

  /** What to read after to get the records that arrived at or after the time (epoch ms). */
  positionAtTime(shardId: string, arrivalMs: number): string {
    const shard = this.#shard(shardId);
    return numberOf(shard, shard.log.positionBefore(arrivalMs));
  }

  /** Whether the text is a sequence number this shard may have given. */
  isSequenceNumber(shardId: string, text: string): boolean {
    return parseSequenceNumber(text, this.#shard(shardId).index) !== undefined;
  }

  /** Calls the listener with the shard's id after each append; it must not throw. Returns how to stop it. */
  onAppend(listener: (shardId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Keeps, for a reader, the records of each shard behind the sequence number (or TRIM_HORIZON) that it gives, whatever others
   * trim. Returns how to end that.
   */
  keepFor(reader: (shardId: string) => string): () => void {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  /** How many records behind a sequence number are not kept any more. */
  trimmedAfter(shardId: string, after: string): number {
    const shard = this.#shard(shardId);
    return Math.max(0, shard.log.horizon.ordinal - this.#position(shard, after).ordinal);
  }

  /**
   * Deletes the shard's files that hold only records at or before the sequence number, older than the retention and not kept
   * for another reader.
   */
  trim(shardId: string, upTo: string): void {
    const shard = this.#shard(shardId);
    const needed = [upTo, ...[...this.#readers].map((reader) => reader(shardId))];
    const [first = ORIGIN] = needed.map((after) => this.#position(shard, after)).sort(comparePositions);
    shard.log.trim(first, this.#now() - this.retentionMs);
  }

  /** Closes the files. Putting is an error from here on. */
  close(): void {
    this.#isClosed = true;
    this.#listeners.clear();
    for (const shard of this.#shards) shard.log.close();
  }

  #shard(shardId: string): Shard {
    const shard = this.#byId.get(shardId);
    if (shard === undefined) throw new RangeError(`stream ${this.name} has no shard ${shardId}`);
    return shard;
  }

  #position(shard: Shard, after: string): StreamPosition {
    if (after === TRIM_HORIZON) return ORIGIN;
    const position = parseSequenceNumber(after, shard.index);
    if (position === undefined) throw new RangeError(`${after} is not a sequence number of ${shard.id}`);
    return position;
  }

  /** Which records, by their place in the call, go to which shard. */
  #routesOf(records: readonly StreamInput[]): ReadonlyMap<Shard, number[]> {
    const routes = new Map<Shard, number[]>();
    for (const [place, { partitionKey, explicitHashKey }] of records.entries()) {
      const shard = this.#shards[this.#router.shardIndexOf(partitionKey, explicitHashKey)];
      if (shard === undefined) throw new Error(`no shard of stream ${this.name} takes key ${partitionKey}`);
      const places = routes.get(shard);
      if (places === undefined) routes.set(shard, [place]);
      else places.push(place);
    }
    return routes;
  }
}

function numberOf(shard: Shard, position: StreamPosition): string {
  return sequenceNumberFormatter(position.generation, shard.index)(position.ordinal);
}

function rawSize(record: StreamRecord): number {
  return record.data.byteLength + record.partitionKey.length;
}

function toLogInput({ partitionKey, data }: StreamInput): LogInput {
  const input = { partitionKey, keyBytes: Buffer.byteLength(partitionKey), data };
  if (!fitsFrame(input)) {
    throw new RangeError(
      `record of ${data.byteLength} bytes with a key of ${input.keyBytes} bytes is too big`,
    );
  }
  return input;
}

/** Checks that the directory is the stream's and starts a new generation of sequence numbers. */
function enterDirectory(options: LocalStreamOptions): StreamFile {
  const { dir, name, shardCount } = options;
  mkdirSync(dir, { recursive: true });
  const path = join(dir, STREAM_FILE);
  const existing = existsSync(path) ? readStreamFile(path) : undefined;
  if (existing === undefined && readdirSync(dir).some((entry) => entry.startsWith("shardId-"))) {
    throw new Error(`stream directory ${dir} has shards but no ${STREAM_FILE}`);
  }
  if (existing !== undefined && existing.name !== name) {
    throw new Error(`stream directory ${dir} holds stream ${existing.name}, not ${name}`);
  }
  if (existing !== undefined && existing.shardCount !== shardCount) {
    throw new Error(
      `stream ${name} in ${dir} has ${existing.shardCount} shards, not ${shardCount}: resharding is not supported`,
    );
  }
  const generation = (existing?.generation ?? 0) + 1;
  const createdAtMs = existing?.createdAtMs ?? Math.floor(options.now());
  const file: StreamFile = { format: FORMAT, name, shardCount, generation, createdAtMs };
  writeFileAtomically(path, `${JSON.stringify(file)}\n`);
  return file;
}

/** How many shards the stream in a directory has; undefined where there is none. @throws Error where it cannot be read */
export function shardCountIn(dir: string): number | undefined {
  const path = join(dir, STREAM_FILE);
  return existsSync(path) ? readStreamFile(path).shardCount : undefined;
}

function readStreamFile(path: string): StreamFile {
  const file = parseJson(path);
  if (isStreamFile(file)) return file;
  throw new Error(`stream file ${path} is not a stream description of format ${FORMAT}`);
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new Error(`stream file ${path} cannot be read`, { cause });
  }
}

function isStreamFile(value: unknown): value is StreamFile {
  if (typeof value !== "object" || value === null) return false;
  const { format, name, shardCount, generation, createdAtMs } = value as Partial<StreamFile>;
  const numbers = [shardCount, generation, createdAtMs];
  return format === FORMAT && typeof name === "string" && numbers.every(Number.isSafeInteger);
}
