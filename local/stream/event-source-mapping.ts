import { join } from "node:path";
import { clearTimeout, setTimeout } from "node:timers";
import type { KinesisStreamEvent } from "aws-lambda";
import { CheckpointFile, type Checkpoints } from "./checkpoint-file.ts";
import { type LocalStream, TRIM_HORIZON } from "./play-stream.ts";
import { type FailedBatch, type FailedRead, ShardPoller } from "./shard-poller.ts";

const CHECKPOINT_FILE = "checkpoints.json";
const DEFAULT_BATCH_SIZE = 10_000;
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
const MAX_BACKOFF_MS = 5_000;
const CHECKPOINT_INTERVAL_MS = 1_000;

/** The checkpoints could not be written; tried again at the next one. Only redelivery depends on it. */
interface FailedCheckpoint {
  readonly kind: "checkpoint";
  readonly file: string;
}

/** What went wrong, for a log. */
export type MappingFailure = FailedBatch | FailedRead | FailedCheckpoint;

/** How a stream is delivered to a handler. The checkpoints are kept in the stream's directory. */
export interface EventSourceMappingOptions {
  readonly stream: LocalStream;
  /** Handles a batch as one unit; a rejection makes it come again. */
  readonly handler: (event: KinesisStreamEvent) => Promise<unknown>;
  /** Epoch ms. */
  readonly now: () => number;
  /** Records. @default 10000 */
  readonly batchSize?: number;
  /** Bytes of an event as JSON; one record is delivered whatever its size. @default 6 MiB */
  readonly maxPayloadBytes?: number;
  /** How long a batch that is not full waits for more records, in ms. @default 0 */
  readonly batchWindowMs?: number;
  /**
   * The longest time for which the next batch grows after one that was not full, ms: the more a batch took to handle, the longer.
   * Few large batches cost less than many small ones. @default 0
   */
  readonly maxRestMs?: number;
  /** Whether a batch that fails again is halved. @default true */
  readonly bisect?: boolean;
  /** Longest time between two attempts, in ms; the shortest is 100. @default 5000 */
  readonly maxBackoffMs?: number;
  /** How often checkpoints are written at most, in ms. @default 1000 */
  readonly checkpointIntervalMs?: number;
  /** Its own for each mapping of a stream. @default "checkpoints.json" */
  readonly checkpointFile?: string;
  readonly onError?: (error: unknown, failure: MappingFailure) => void;
}

/** How far a mapping is behind its stream. */
export interface MappingLag {
  readonly records: number;
  /** Age of the oldest record that was not handled yet, in ms. */
  readonly ms: number;
}

interface Waiter {
  readonly targets: ReadonlyMap<string, string>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Delivers a stream to a handler as Lambda does with a ParallelizationFactor of 1: per shard in order, one batch at a
 * time, repeated until it is handled. After a crash it delivers again from the last checkpoint that was written.
 */
export class EventSourceMapping {
  readonly #options: EventSourceMappingOptions;
  readonly #file: CheckpointFile;
  readonly #onError: (error: unknown, failure: MappingFailure) => void;
  readonly #waiters = new Set<Waiter>();
  /** What the file holds: where it would go on after a crash. */
  #saved: Checkpoints = new Map();
  #pollers: readonly ShardPoller[] = [];
  #running: Promise<unknown> | undefined;
  #unsubscribe: (() => void) | undefined;
  readonly #letGo: () => void;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<boolean> = Promise.resolve(true);
  #isStopped = false;

  constructor(options: EventSourceMappingOptions) {
    this.#options = options;
    this.#file = new CheckpointFile(join(options.stream.dir, options.checkpointFile ?? CHECKPOINT_FILE));
    // From now on, so that nothing goes before all mappings of the stream are started.
    this.#letGo = options.stream.keepFor((shardId) => this.#saved.get(shardId) ?? TRIM_HORIZON);
    this.#onError = options.onError ?? (() => undefined);
  }

  /** Goes on after the checkpoints. @throws Error when they cannot be read, or when it was started before */
  start(): void {
    const { stream } = this.#options;
    if (this.#running !== undefined || this.#isStopped) {
      throw new Error(`mapping of stream ${stream.name} was started before`);
    }
    const checkpoints = this.#file.load();
    this.#saved = checkpoints;
    const pollers = stream.shardIds.map((id) => this.#poller(id, this.#checkpointOf(id, checkpoints)));
    const byId = new Map(pollers.map((poller) => [poller.shardId, poller]));
    this.#pollers = pollers;
    this.#unsubscribe = stream.onAppend((shardId) => byId.get(shardId)?.wake());
    this.#running = Promise.all(pollers.map((poller) => poller.run()));
  }

  /** Waits for the running handlers, writes the checkpoints and rejects who waits for `drained`. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    for (const poller of this.#pollers) poller.stop();
    await this.#running;
    const isFirst = !this.#isStopped;
    this.#isStopped = true;
    await (isFirst && this.#running !== undefined ? this.#save() : this.#saving);
    this.#letGo();
    const { name } = this.#options.stream;
    for (const { reject } of this.#waiters)
      reject(new Error(`mapping of stream ${name} stopped before it drained`));
    this.#waiters.clear();
  }

  /**
   * Resolves when what was in the stream at the call is handled and its checkpoints are written.
   * Rejects when the mapping stops before.
   */
  async drained(): Promise<void> {
    const { stream } = this.#options;
    const targets = new Map(stream.shardIds.map((id) => [id, stream.lastSequenceNumber(id)]));
    if (this.#isStopped) throw new Error(`mapping of stream ${stream.name} is stopped`);
    await new Promise<void>((resolve, reject) => {
      this.#waiters.add({ targets, resolve, reject });
      this.#settleWaiters();
      for (const poller of this.#pollers) poller.hurry();
    });
  }

  /** How many records of the stream it will never get, because they were trimmed while it was off. */
  get missed(): number {
    const { stream } = this.#options;
    return this.#pollers.reduce(
      (sum, { shardId, checkpoint }) => sum + stream.trimmedAfter(shardId, checkpoint),
      0,
    );
  }

  /** How many records were put and are not handled. */
  get backlog(): number {
    const { stream } = this.#options;
    return this.#pollers.reduce(
      (sum, { shardId, checkpoint }) => sum + stream.countAfter(shardId, checkpoint),
      0,
    );
  }

  /** How far behind the stream the handled records are. */
  lag(): MappingLag {
    const { now } = this.#options;
    const records = this.backlog;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const poller of this.#pollers) oldestMs = Math.min(oldestMs, this.#oldestArrivalMs(poller));
    return { records, ms: oldestMs === Number.POSITIVE_INFINITY ? 0 : Math.max(0, now() - oldestMs) };
  }

  #checkpointOf(shardId: string, checkpoints: Checkpoints): string {
    const checkpoint = checkpoints.get(shardId);
    if (checkpoint === undefined) return TRIM_HORIZON;
    if (this.#options.stream.isSequenceNumber(shardId, checkpoint)) return checkpoint;
    throw new Error(`checkpoint ${checkpoint} in ${this.#file.path} is not a sequence number of ${shardId}`);
  }

  #poller(shardId: string, checkpoint: string): ShardPoller {
    const options = this.#options;
    return new ShardPoller({
      stream: options.stream,
      shardId,
      checkpoint,
      batchSize: options.batchSize ?? DEFAULT_BATCH_SIZE,
      maxPayloadBytes: options.maxPayloadBytes ?? MAX_PAYLOAD_BYTES,
      batchWindowMs: options.batchWindowMs ?? 0,
      maxRestMs: options.maxRestMs ?? 0,
      bisect: options.bisect ?? true,
      maxBackoffMs: options.maxBackoffMs ?? MAX_BACKOFF_MS,
      handler: options.handler,
      onError: this.#onError,
      onCheckpoint: () => this.#checkpointed(),
    });
  }

  #oldestArrivalMs(poller: ShardPoller): number {
    const limits = { maxRecords: 1, maxBytes: 1 };
    const [oldest] = this.#options.stream.read(poller.shardId, poller.checkpoint, limits);
    return oldest?.approximateArrivalTimestamp ?? Number.POSITIVE_INFINITY;
  }

  #checkpointed(): void {
    this.#settleWaiters();
    this.#saveLater();
  }

  #saveLater(): void {
    if (this.#isStopped) return;
    this.#timer ??= setTimeout(
      () => void this.#save().then(() => this.#settleWaiters()),
      this.#options.checkpointIntervalMs ?? CHECKPOINT_INTERVAL_MS,
    );
  }

  /** A waiter whose records are handled is told once the checkpoints are written, without waiting for the interval. */
  #settleWaiters(): void {
    const ready = [...this.#waiters].filter(({ targets }) => this.#hasReached(targets));
    if (ready.length === 0) return;
    for (const waiter of ready) this.#waiters.delete(waiter);
    void this.#save().then((isSaved) => {
      for (const waiter of ready) {
        if (isSaved) waiter.resolve();
        else this.#waiters.add(waiter);
      }
    });
  }

  #hasReached(targets: ReadonlyMap<string, string>): boolean {
    const handled = this.#handled();
    return [...targets].every(([id, target]) => target === TRIM_HORIZON || (handled.get(id) ?? "") >= target);
  }

  /** Writes after the write that goes on and says whether it worked; never rejects. */
  #save(): Promise<boolean> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#saving = this.#saving.then(() => this.#write());
    return this.#saving;
  }

  async #write(): Promise<boolean> {
    const checkpoints = this.#handled();
    try {
      await this.#file.save(checkpoints);
      this.#saved = checkpoints;
      for (const [shardId, checkpoint] of checkpoints) this.#options.stream.trim(shardId, checkpoint);
      return true;
    } catch (error) {
      this.#onError(error, { kind: "checkpoint", file: this.#file.path });
      this.#saveLater();
      return false;
    }
  }

  #handled(): Checkpoints {
    const handled = this.#pollers.filter(({ checkpoint }) => checkpoint !== TRIM_HORIZON);
    return new Map(handled.map(({ shardId, checkpoint }) => [shardId, checkpoint]));
  }
}
