import type { KinesisStreamEvent } from "aws-lambda";
import { createChartsHandler } from "#functions/mapreduce/charts-handler.ts";
import { createCommitHandler } from "#functions/mapreduce/commit-handler.ts";
import { createConsumeHandler } from "#functions/mapreduce/consume-handler.ts";
import { createPlanHandler } from "#functions/mapreduce/plan-handler.ts";
import { createReduceHandler } from "#functions/mapreduce/reduce-handler.ts";
import { createRecommendationHandler } from "#functions/recommendation/handler.ts";
import { createUserBehaviorHandler } from "#functions/user-behavior/handler.ts";
import { createListenersHandler } from "#functions/user-behavior/listeners-handler.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { MemoryClaimStore } from "#src/adapters/memory/memory-claim-store.ts";
import { MemoryCounterStore } from "#src/adapters/memory/memory-counter-store.ts";
import { MemoryEpochLog } from "#src/adapters/memory/memory-epoch-log.ts";
import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import { MemoryMetrics } from "#src/adapters/memory/memory-metrics.ts";
import { MemoryProfileStore } from "#src/adapters/memory/memory-profile-store.ts";
import { MemoryPublicationStore } from "#src/adapters/memory/memory-publication-store.ts";
import { MemoryRejectStore } from "#src/adapters/memory/memory-reject-store.ts";
import { MemorySegmentStore } from "#src/adapters/memory/memory-segment-store.ts";
import type { Chart, ChartList } from "#src/domain/chart.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import type { WindowId } from "#src/domain/windows.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { ProfileStore } from "#src/ports/profile-store.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import type { RejectStore } from "#src/ports/reject-store.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { chartKey, decodeChart } from "#src/wire/chart-codec.ts";

/** A stream record before it is an event: what was put, where, and when it arrived. */
export interface PutRecord {
  readonly sequenceNumber: string;
  readonly data: string | Uint8Array;
  /** Epoch ms. */
  readonly arrivedAt: number;
}

export interface PipelineStores {
  readonly segments: SegmentStore;
  readonly claims: ClaimStore;
  readonly counters: CounterStore;
  readonly profiles: ProfileStore;
  readonly publications: PublicationStore;
  readonly rejects: RejectStore;
  readonly epochs: EpochLog;
}

export const memoryStores = (): PipelineStores => ({
  segments: new MemorySegmentStore(),
  claims: new MemoryClaimStore(),
  counters: new MemoryCounterStore(),
  profiles: new MemoryProfileStore(),
  publications: new MemoryPublicationStore(),
  rejects: new MemoryRejectStore(),
  epochs: new MemoryEpochLog(),
});

export const shardKey = (shard: number): ShardKey => `plays/${shardId(shard)}` as ShardKey;
const shardId = (shard: number): string => `shardId-${String(shard).padStart(12, "0")}`;

/** The event that Lambda would get for these records of one shard. */
export function kinesisEvent(records: readonly PutRecord[], shard = 0): KinesisStreamEvent {
  return {
    Records: records.map(({ sequenceNumber, data, arrivedAt }) => ({
      awsRegion: "us-east-1",
      eventID: `${shardId(shard)}:${sequenceNumber}`,
      eventName: "aws:kinesis:record",
      eventSource: "aws:kinesis",
      eventSourceARN: "arn:aws:kinesis:us-east-1:000000000000:stream/plays",
      eventVersion: "1.0",
      invokeIdentityArn: "",
      kinesis: {
        approximateArrivalTimestamp: arrivedAt / 1000,
        data: Buffer.from(data).toString("base64"),
        kinesisSchemaVersion: "1.0",
        partitionKey: "p",
        sequenceNumber,
      },
    })),
  };
}

export interface PipelineOptions {
  readonly stores?: PipelineStores;
  readonly now?: () => number;
  readonly maxEpochPlays?: number;
  /** @default 50_000 */
  readonly playsPerWorker?: number;
  /** @default 1 */
  readonly maxWorkers?: number;
  /** @default 0 */
  readonly tickSeconds?: number;
  /** @default 0 */
  readonly profileTickMs?: number;
  /** @default 1_000_000 */
  readonly maxProfilePlays?: number;
  readonly areProfilesWanted?: () => boolean;
  readonly dedupeHorizonMs?: number;
  readonly ancestors?: (shard: ShardKey) => readonly ShardKey[];
}

/** The real handlers over given stores, called one by one: what a container and a workflow run do. */
export class Pipeline {
  readonly stores: PipelineStores;
  readonly logger = new MemoryLogger();
  readonly metrics = new MemoryMetrics();
  readonly #options: PipelineOptions;

  constructor(options: PipelineOptions = {}) {
    this.#options = options;
    this.stores = options.stores ?? memoryStores();
  }

  /** A new consumer container, with nothing in memory. */
  container(segments: SegmentStore = this.stores.segments) {
    return createConsumeHandler({
      segments,
      lineage: { ancestors: (shard) => Promise.resolve(this.#options.ancestors?.(shard) ?? []) },
      codec: nodeRecordCodec,
      decodeBase64: (text) => Buffer.from(text, "base64"),
      ...this.#shared(),
      dedupeHorizonMs: this.#options.dedupeHorizonMs ?? 600_000,
      segmentRetentionMs: 7 * 86_400_000,
    });
  }

  /** @param startedAt epoch ms; @default now */
  plan(execution = "run", startedAt: number = this.#now()) {
    return createPlanHandler({
      ...this.stores,
      ...this.#shared(),
      createStoreId: () => "store",
      maxEpochPlays: this.#options.maxEpochPlays ?? 50_000,
      maxWorkerPlays: this.#options.maxEpochPlays ?? 50_000,
      playsPerWorker: this.#options.playsPerWorker ?? 50_000,
      maxWorkers: this.#options.maxWorkers ?? 1,
      leaseMs: 300_000,
      tickSeconds: this.#options.tickSeconds ?? 0,
      profileTickMs: this.#options.profileTickMs ?? 0,
      maxProfilePlays: this.#options.maxProfilePlays ?? 1_000_000,
      areProfilesWanted: this.#options.areProfilesWanted ?? (() => false),
    })({ execution, startedAt: new Date(startedAt).toISOString() });
  }

  /** The whole MapReduce stage, workers one after the other. */
  async reduce(epoch: EpochNumber, stores: PipelineStores = this.stores) {
    const { workers = 1 } = (await this.stores.epochs.read(epoch)) ?? {};
    if (workers === 1) return await this.reduceWorker(epoch, 0, stores);
    for (let worker = 0; worker < workers; worker++) await this.reduceWorker(epoch, worker, stores);
    return await this.charts(epoch, stores);
  }

  reduceWorker(epoch: EpochNumber, worker: number, stores: PipelineStores = this.stores) {
    return createReduceHandler({ ...stores, ...this.#shared(), topsEveryMs: 5_000 })({ epoch, worker });
  }

  charts(epoch: EpochNumber, stores: PipelineStores = this.stores) {
    return createChartsHandler({ ...stores, ...this.#shared() })({ epoch });
  }

  /** The whole UserBehavior stage, workers one after the other. */
  async userBehavior(epoch: EpochNumber, stores: PipelineStores = this.stores) {
    const { profiles } = (await this.stores.epochs.read(epoch)) ?? {};
    const folding = profiles?.folding ?? 1;
    if (folding <= 1) return await this.userBehaviorWorker(epoch, 0, stores);
    for (let worker = 0; worker < folding; worker++) await this.userBehaviorWorker(epoch, worker, stores);
    return await this.listeners(epoch, stores);
  }

  userBehaviorWorker(epoch: EpochNumber, worker: number, stores: PipelineStores = this.stores) {
    return createUserBehaviorHandler({ ...stores, ...this.#shared() })({ epoch, worker });
  }

  listeners(epoch: EpochNumber, stores: PipelineStores = this.stores) {
    return createListenersHandler({ ...stores, ...this.#shared() })({ epoch });
  }

  recommendation(epoch: EpochNumber, stores: PipelineStores = this.stores) {
    return createRecommendationHandler({ ...stores, ...this.#shared() })({ epoch });
  }

  /** @param start when the execution started, epoch ms; @default now */
  commit(epoch: EpochNumber, execution = "run", start: number = this.#now()) {
    const startedAt = new Date(start).toISOString();
    const commit = createCommitHandler({ ...this.stores, ...this.#shared() });
    return commit({ execution, startedAt, epoch, figures: {} });
  }

  /** Runs epochs until nothing is left. Returns how many. */
  async runEpochs(): Promise<number> {
    for (let epochs = 0; ; epochs++) {
      const planned = await this.plan();
      if (planned.kind !== "epoch") return epochs;
      await this.reduce(planned.epoch);
      await this.userBehavior(planned.epoch);
      await this.recommendation(planned.epoch);
      await this.commit(planned.epoch);
    }
  }

  async chart(list: ChartList, window: WindowId): Promise<Chart | undefined> {
    const published = await this.stores.publications.read(chartKey(list, window));
    return published && decodeChart(published.body);
  }

  #shared() {
    return { clock: () => this.#now(), logger: this.logger, metrics: this.metrics };
  }

  #now(): EpochMs {
    return (this.#options.now?.() ?? Date.now()) as EpochMs;
  }
}
