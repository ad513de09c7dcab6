import { setImmediate } from "node:timers/promises";
import type { KinesisStreamEvent } from "aws-lambda";
import { kinesisEvent, payloadMeter } from "./kinesis-event.ts";
import type { LocalStream, StreamRecord } from "./play-stream.ts";
import { WakeSignal } from "./wake-signal.ts";

const FIRST_BACKOFF_MS = 100;
/**
 * A batch is followed by so many times its own time, up to `maxRestMs`, in which the next one grows: while batches are small the
 * consumer takes at most a twentieth of the time, and a lone record waits for hardly anything.
 */
const REST_FACTOR = 19;

/** Which records a handler refused, and how often in a row it has done so. */
export interface FailedBatch {
  readonly kind: "batch";
  readonly shardId: string;
  readonly firstSequenceNumber: string;
  readonly lastSequenceNumber: string;
  readonly records: number;
  /** Failures of this shard since its last success. */
  readonly attempt: number;
  /** Time until the next attempt, in ms. */
  readonly retryInMs: number;
}

/** The records of a shard could not be read; tried again. */
export interface FailedRead {
  readonly kind: "read";
  readonly shardId: string;
  readonly attempt: number;
  readonly retryInMs: number;
}

/** What a poller needs. */
export interface ShardPollerOptions {
  readonly stream: LocalStream;
  readonly shardId: string;
  /** Sequence number or TRIM_HORIZON. */
  readonly checkpoint: string;
  readonly batchSize: number;
  readonly maxPayloadBytes: number;
  readonly batchWindowMs: number;
  /** The longest rest after a batch that was not full, ms. */
  readonly maxRestMs: number;
  readonly bisect: boolean;
  readonly maxBackoffMs: number;
  readonly handler: (event: KinesisStreamEvent) => Promise<unknown>;
  readonly onError: (error: unknown, failure: FailedBatch | FailedRead) => void;
  readonly onCheckpoint: () => void;
}

/** Delivers one shard in order, one batch at a time, and never goes past a batch that was not handled. */
export class ShardPoller {
  readonly shardId: string;
  readonly #options: ShardPollerOptions;
  /** Raised by appends and by stop. */
  readonly #appended = new WakeSignal();
  /** Raised by stop alone, so that records arriving do not shorten a backoff. */
  readonly #stopped = new WakeSignal();
  #checkpoint: string;
  #isStopping = false;
  #isHurried = false;
  /** Since when records have been waiting that are in no batch, by `performance.now`; undefined where none came since the last. */
  #waitingSince: number | undefined;
  /** Until when the next batch grows, by `performance.now`. */
  #restsUntil = Number.NEGATIVE_INFINITY;
  #attempt = 0;
  /** Records in what is left of the last range that failed; they are delivered apart from those behind it. */
  #suspects: number | undefined;
  #limit: number;

  constructor(options: ShardPollerOptions) {
    this.shardId = options.shardId;
    this.#options = options;
    this.#checkpoint = options.checkpoint;
    this.#limit = options.batchSize;
  }

  /** The last handled sequence number, or TRIM_HORIZON. */
  get checkpoint(): string {
    return this.#checkpoint;
  }

  /** Says that records may have arrived. */
  wake(): void {
    this.#waitingSince ??= performance.now();
    this.#appended.raise();
  }

  /** Delivers what is there without waiting for more. */
  hurry(): void {
    this.#isHurried = true;
    this.#appended.raise();
  }

  /** Lets the running handler finish and then ends `run`. */
  stop(): void {
    this.#isStopping = true;
    this.#appended.raise();
    this.#stopped.raise();
  }

  /** Delivers until stopped. Never rejects. */
  async run(): Promise<void> {
    while (!this.#isStopping) {
      if (this.#backlog() === 0) {
        this.#isHurried = false;
        await this.#appended.sleep();
      } else await this.#step();
      // A store that answers without I/O must not keep the servers of the same process from running.
      await setImmediate();
    }
  }

  #backlog(): number {
    return this.#options.stream.countAfter(this.shardId, this.#checkpoint);
  }

  async #step(): Promise<void> {
    const batch = await this.#nextBatch();
    if (this.#isStopping || batch.length === 0) return;
    const { stream, handler, maxRestMs } = this.#options;
    const startedAt = performance.now();
    try {
      await handler(kinesisEvent(stream.name, this.shardId, batch));
    } catch (error) {
      await this.#failed(error, batch);
      return;
    }
    const endedAt = performance.now();
    this.#restsUntil = endedAt + Math.min(maxRestMs, REST_FACTOR * (endedAt - startedAt));
    this.#succeeded(batch);
  }

  async #nextBatch(): Promise<readonly StreamRecord[]> {
    await this.#fillWindow();
    try {
      return this.#read();
    } catch (error) {
      const attempt = this.#countFailure();
      const retryInMs = this.#backoffMs();
      this.#options.onError(error, { kind: "read", shardId: this.shardId, attempt, retryInMs });
      await this.#stopped.sleep(retryInMs);
      return [];
    }
  }

  /**
   * Gives a batch that is not full the time to become so. The window counts from the first record's arrival, also while the batch
   * before is handled, and who is behind does not wait.
   */
  async #fillWindow(): Promise<void> {
    const { batchWindowMs, batchSize } = this.#options;
    if (this.#attempt > 0 || this.#suspects !== undefined) return;
    const waitingSince = this.#waitingSince ?? performance.now();
    if (waitingSince === Number.NEGATIVE_INFINITY) return; // the batch before was full
    const endsAt = Math.max(waitingSince + batchWindowMs, this.#restsUntil);
    for (;;) {
      const left = endsAt - performance.now();
      if (left <= 0) return;
      if (this.#isStopping || this.#isHurried || this.#backlog() >= batchSize) return;
      await this.#appended.sleep(left);
    }
  }

  #read(): readonly StreamRecord[] {
    const { stream, maxPayloadBytes } = this.#options;
    const batch = stream.read(this.shardId, this.#checkpoint, {
      maxRecords: this.#limit,
      maxBytes: maxPayloadBytes,
      sizeOf: payloadMeter(stream.name, this.shardId),
    });
    // What the batch had no room for has waited long enough.
    this.#waitingSince = this.#backlog() > batch.length ? Number.NEGATIVE_INFINITY : undefined;
    return batch;
  }

  #succeeded(batch: readonly StreamRecord[]): void {
    this.#checkpoint = batch.at(-1)?.sequenceNumber ?? this.#checkpoint;
    this.#attempt = 0;
    const left = (this.#suspects ?? 0) - batch.length;
    this.#suspects = left > 0 ? left : undefined;
    this.#limit = this.#suspects ?? this.#options.batchSize;
    this.#options.onCheckpoint();
  }

  async #failed(error: unknown, batch: readonly StreamRecord[]): Promise<void> {
    const attempt = this.#countFailure();
    const retryInMs = this.#backoffMs();
    this.#options.onError(error, {
      kind: "batch",
      shardId: this.shardId,
      firstSequenceNumber: batch.at(0)?.sequenceNumber ?? this.#checkpoint,
      lastSequenceNumber: batch.at(-1)?.sequenceNumber ?? this.#checkpoint,
      records: batch.length,
      attempt,
      retryInMs,
    });
    this.#narrow(batch.length);
    await this.#stopped.sleep(retryInMs);
  }

  /** The first failure repeats the batch as it was; a further one halves it. */
  #narrow(records: number): void {
    const isRepeated = this.#suspects !== undefined;
    this.#suspects = records;
    this.#limit = isRepeated && this.#options.bisect ? Math.ceil(records / 2) : records;
  }

  #countFailure(): number {
    this.#attempt += 1;
    return this.#attempt;
  }

  #backoffMs(): number {
    return Math.min(this.#options.maxBackoffMs, FIRST_BACKOFF_MS * 2 ** Math.min(this.#attempt - 1, 20));
  }
}
