import { randomUUID } from "node:crypto";
import { DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { createCommitHandler } from "#functions/mapreduce/commit-handler.ts";
import { createConsumeHandler } from "#functions/mapreduce/consume-handler.ts";
import { createPlanHandler } from "#functions/mapreduce/plan-handler.ts";
import { createReduceHandler } from "#functions/mapreduce/reduce-handler.ts";
import { createRecommendationHandler } from "#functions/recommendation/handler.ts";
import { createUserBehaviorHandler } from "#functions/user-behavior/handler.ts";
import { createBroadcastHandler } from "#functions/ws-broadcast/broadcast-handler.ts";
import { DynamoDbClaimStore } from "#src/adapters/dynamodb/dynamodb-claim-store.ts";
import { DynamoDbConnectionStore } from "#src/adapters/dynamodb/dynamodb-connection-store.ts";
import { DynamoDbCounterStore } from "#src/adapters/dynamodb/dynamodb-counter-store.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbProfileStore } from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { DynamoDbRejectStore } from "#src/adapters/dynamodb/dynamodb-reject-store.ts";
import { DynamoDbSegmentStore } from "#src/adapters/dynamodb/dynamodb-segment-store.ts";
import { profilePartition } from "#src/adapters/dynamodb/keys.ts";
import { scanItems } from "#src/adapters/dynamodb/scan-items.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import { MemoryMetrics } from "#src/adapters/memory/memory-metrics.ts";
import { draftChart } from "#src/domain/chart.ts";
import { nominateListener } from "#src/domain/chart-candidates.ts";
import { allSongsKey } from "#src/domain/counter.ts";
import type { EpochNumber, StageFigures } from "#src/domain/epoch.ts";
import type { EpochMs, Play, UserId } from "#src/domain/play.ts";
import { allTime } from "#src/domain/windows.ts";
import { chartKey, encodeChart } from "#src/wire/chart-codec.ts";
import { partitionKeyOf } from "#src/wire/partition-key.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import type { DynamoDbLocal } from "#test/support/dynamodb-local.ts";
import { kinesisEvent } from "#test/support/pipeline.ts";
import { type ArchivedBatch, archiveBatch, playsPerBatch } from "./archived-batch.ts";
import { itemBytes } from "./item-size.ts";
import { logBytesOf, metricNamesOf } from "./logs.ts";
import {
  addUsage,
  type CapacityMeter,
  type Kind,
  mapUsage,
  noUsage,
  scaleUnits,
  type Usage,
} from "./meter.ts";
import { type ProfileShare, profileShareOf } from "./profile-tick.ts";
import { hashOf, Sample } from "./sample.ts";
import { SampledCounterStore } from "./sampled-counter-store.ts";
import { SampledProfileStore } from "./sampled-profile-store.ts";
import { Warmth } from "./warmth.ts";
import { numberIn, World } from "./world.ts";

export interface CellOptions {
  /** Plays a second. */
  readonly rate: number;
  readonly tickSeconds: number;
  /** How often profiles are folded, s: 0 for every epoch. */
  readonly profileTickSeconds: number;
  readonly shards: number;
  /** How long the service has run at this rate. */
  readonly ageDays: number;
  /** How many songs, artists and listeners are metered each; the rest is scaled. */
  readonly sampleSize: number;
  readonly seed: number;
}

export const stageNames = [
  "consume",
  "plan",
  "reduce",
  "user-behavior",
  "recommendation",
  "commit",
  "broadcast",
] as const;
export type StageName = (typeof stageNames)[number];

/** What one epoch asked of one function. */
export interface StageMeasure {
  readonly invocations: number;
  readonly usage: Usage;
  /** CPU time of this process (DynamoDB Local is another): of this machine, different in every run; scaled for profiles only. */
  readonly cpuMs: number;
  /** Requests that had to wait for those before. */
  readonly rounds: number;
  readonly logBytes: number;
  /** Names of the metrics it published. */
  readonly metrics: readonly string[];
}

export interface CellMeasure {
  readonly options: CellOptions;
  readonly plays: number;
  /** Mean size of a play as JSON, bytes. */
  readonly playBytes: number;
  readonly stages: Readonly<Record<StageName, StageMeasure>>;
  /** Distinct keys that the epoch wrote, and how many of them were metered; of profiles an epoch's share of a fold. */
  readonly keys: Readonly<Record<"songs" | "artists" | "dimensions" | "profiles", KeyCount>>;
  /** Write units of a run that is started while another one holds the lease. */
  readonly idleRun: Usage;
  /** What the archiver makes of one batch. */
  readonly archive: ArchivedBatch;
  /** What all counters of songs and artists hold, bytes. */
  readonly countersBytes: number;
  /** What a profile takes with all its layers, in use or not, bytes. */
  readonly profileBytes: number;
}

export interface KeyCount {
  readonly count: number;
  readonly metered: number;
}

/** A Friday evening: no window ends soon. */
const epochStart = Date.parse("2026-11-20T20:30:00Z") as EpochMs;
/** Enough to fill every chart with its 500 entries. */
const chartPlays = 20_000;
const chartListeners = 500;
const dedupeHorizonMs = 600_000;
const segmentRetentionMs = 7 * 86_400_000;

/** Measures one epoch of a warm service: the real handlers over the real adapters. */
export async function measureCell(
  local: DynamoDbLocal,
  meter: CapacityMeter,
  options: CellOptions,
): Promise<CellMeasure> {
  const tables = [await local.createTable(), await local.createTable(), await local.createTable()];
  try {
    return await new Cell(local, meter, options, tables as [string, string, string]).measure();
  } finally {
    for (const TableName of tables) await local.client.send(new DeleteTableCommand({ TableName }));
  }
}

/** The songs, artists, dimension values and listeners of some plays, as keys. */
class KeySets {
  readonly songs = new Set<string>();
  readonly artists = new Set<string>();
  /** Few enough to be metered without a sample; with the sum of all songs. */
  readonly dimensions = new Set<string>([allSongsKey]);
  readonly profiles = new Set<string>();

  add({ track, userId, platform, mood, geo }: Play): void {
    this.songs.add(`SONG#${track.id}`);
    this.artists.add(`ARTIST#${track.artist}`);
    this.profiles.add(userId);
    const values = { genre: track.genre, platform, mood, country: geo?.country };
    for (const [name, value] of Object.entries(values)) {
      if (value !== undefined) this.dimensions.add(`DIM#${name}#${value}`);
    }
  }
}

class Cell {
  readonly #options: CellOptions;
  readonly #client: DynamoDbLocal["client"];
  readonly #countersTable: string;
  readonly #meter: CapacityMeter;
  readonly #world: World;
  readonly #warmth: Warmth;
  readonly #segments: DynamoDbSegmentStore;
  readonly #claims: DynamoDbClaimStore;
  readonly #realCounters: DynamoDbCounterStore;
  readonly #realProfiles: DynamoDbProfileStore;
  readonly #counters: SampledCounterStore;
  readonly #profiles: SampledProfileStore;
  readonly #publications: DynamoDbPublicationStore;
  readonly #rejects: DynamoDbRejectStore;
  readonly #epochs: DynamoDbEpochLog;
  readonly #connections: DynamoDbConnectionStore;
  readonly #containers = new Map<number, ReturnType<typeof createConsumeHandler>>();
  #logger = new MemoryLogger();
  #metrics = new MemoryMetrics();
  #now = epochStart;
  #sequence = 0;
  #playBytes = 0;
  #factors: Readonly<Partial<Record<Kind, number>>> = {};

  constructor(
    { client }: DynamoDbLocal,
    meter: CapacityMeter,
    options: CellOptions,
    [segments, counters, connections]: readonly [string, string, string],
  ) {
    this.#options = options;
    this.#client = client;
    this.#countersTable = counters;
    this.#meter = meter;
    this.#world = new World(options.rate, options.seed);
    const warmth = new Warmth(this.#world, epochStart, options.ageDays);
    this.#warmth = warmth;
    this.#segments = new DynamoDbSegmentStore(client, segments);
    this.#claims = new DynamoDbClaimStore(client, counters);
    this.#realCounters = new DynamoDbCounterStore(client, counters);
    this.#realProfiles = new DynamoDbProfileStore(client, counters);
    this.#counters = new SampledCounterStore(this.#realCounters, (key) => warmth.totalsOf(key));
    this.#profiles = new SampledProfileStore(this.#realProfiles, (user) => warmth.profileOf(user));
    this.#publications = new DynamoDbPublicationStore(client, counters);
    this.#rejects = new DynamoDbRejectStore(client, counters);
    this.#epochs = new DynamoDbEpochLog(client, counters);
    this.#connections = new DynamoDbConnectionStore(client, connections);
  }

  async measure(): Promise<CellMeasure> {
    const simulator = this.#world.createSimulator();
    await this.#fillCharts(() => simulator.next(epochStart));
    const keys = new KeySets();
    const consume = await this.#consumeTick((at) => {
      const play = simulator.next(at);
      keys.add(play);
      this.#warmth.learn(play);
      return play;
    });
    const { rate, tickSeconds, profileTickSeconds, seed } = this.#options;
    const samples = await this.#warm(keys);
    const plays = rate * tickSeconds;
    const share = profileShareOf(rate, tickSeconds, profileTickSeconds, seed);
    this.#profiles.foldOf = (delta) => this.#warmth.foldOf(delta, share.playsOfListener);
    const epoch = await this.#runWorkflow(2 as EpochNumber);
    const stages = { consume, ...epoch, "user-behavior": shareOf(epoch["user-behavior"], share) };
    return {
      options: this.#options,
      plays,
      playBytes: this.#playBytes / plays,
      stages,
      keys: {
        songs: { count: keys.songs.size, metered: samples.songs.keys.size },
        artists: { count: keys.artists.size, metered: samples.artists.keys.size },
        dimensions: { count: keys.dimensions.size, metered: keys.dimensions.size },
        profiles: { count: keys.profiles.size * share.profiles, metered: samples.profiles.keys.size },
      },
      idleRun: await this.#measureIdleRun(),
      archive: await this.#archiveBatch(),
      countersBytes: this.#warmth.countersBytes(),
      profileBytes: (await this.#bytesOfProfiles()) / samples.profiles.keys.size,
    };
  }

  /** What the metered profiles take. */
  async #bytesOfProfiles(): Promise<number> {
    let bytes = 0;
    const items = scanItems(this.#client, this.#countersTable, "profiles", {
      FilterExpression: "begins_with(pk, :user)",
      ExpressionAttributeValues: { ":user": profilePartition("") },
    });
    for await (const item of items) bytes += itemBytes(item);
    return bytes;
  }

  /** Of plays of its own, so that the tick's are the same without it. */
  async #archiveBatch(): Promise<ArchivedBatch> {
    const { rate, shards } = this.#options;
    const simulator = this.#world.createSimulator();
    const plays = Array.from({ length: playsPerBatch(rate, shards) }, (_, i) =>
      simulator.next(Math.floor(epochStart + (i * shards * 1000) / rate) as EpochMs),
    );
    return await archiveBatch(plays);
  }

  /** Epoch 1: every list is as long as it gets, and every shard has a head. */
  async #fillCharts(next: () => Play): Promise<void> {
    const { update, finish } = draftChart("listeners", allTime, undefined);
    for (let listener = 0; listener < chartListeners; listener++) {
      const userId = `user-${String(listener).padStart(6, "0")}` as UserId;
      update.offer(nominateListener(this.#warmth.profileOf(userId)));
    }
    const chart = finish(0 as EpochNumber);
    if (chart === undefined) throw new Error("the chart of listeners stays empty");
    const body = encodeChart(chart);
    await this.#publications.write(chartKey("listeners", allTime), { epoch: 0 as EpochNumber, body });
    const plays = Array.from({ length: chartPlays }, next);
    for (const play of plays) this.#warmth.learn(play);
    await this.#consume(plays);
    await this.#runWorkflow(1 as EpochNumber);
  }

  /** The plays of one tick: each second, each shard's container gets what its shard got. */
  async #consumeTick(next: (at: EpochMs) => Play): Promise<StageMeasure> {
    const { rate, tickSeconds } = this.#options;
    this.#playBytes = 0;
    let sum: StageMeasure | undefined;
    for (let second = 0; second < tickSeconds; second++) {
      const plays = Array.from({ length: rate }, (_, i) =>
        next(Math.floor(epochStart + second * 1000 + (i * 1000) / rate) as EpochMs),
      );
      this.#now = (epochStart + (second + 1) * 1000) as EpochMs;
      const measure = await this.#consume(plays);
      sum = sum === undefined ? measure : addMeasures(sum, measure);
    }
    if (sum === undefined) throw new Error("a tick takes at least a second");
    return sum;
  }

  async #consume(plays: readonly Play[]): Promise<StageMeasure> {
    const shards = Map.groupBy(plays, (play) => this.#shardOf(play));
    const events = [...shards].map(([shard, shardPlays]) => {
      const records = shardPlays.map((play) => {
        const data = encodePlay(play);
        this.#playBytes += Buffer.byteLength(data);
        this.#sequence += 1;
        return {
          sequenceNumber: `49${String(this.#sequence).padStart(54, "0")}`,
          data,
          arrivedAt: this.#now,
        };
      });
      return { shard, event: kinesisEvent(records, shard) };
    });
    const measure = await this.#stage(events.length, async () => {
      for (const { shard, event } of events) await this.#container(shard)(event);
    });
    return measure.stage;
  }

  #shardOf({ userId }: Play): number {
    return Number(partitionKeyOf(userId).slice(1)) % this.#options.shards;
  }

  /** One container a shard, which stays. */
  #container(shard: number): ReturnType<typeof createConsumeHandler> {
    const known = this.#containers.get(shard);
    if (known !== undefined) return known;
    const container = createConsumeHandler({
      segments: this.#segments,
      lineage: { ancestors: () => Promise.resolve([]) },
      codec: nodeRecordCodec,
      decodeBase64: (text) => Buffer.from(text, "base64"),
      ...this.#edge(),
      dedupeHorizonMs,
      segmentRetentionMs,
    });
    this.#containers.set(shard, container);
    return container;
  }

  /** Writes what the sampled keys held before, and says how the metered stands for the rest. */
  async #warm(keys: KeySets) {
    const { sampleSize } = this.#options;
    const samples = {
      songs: new Sample(keys.songs, sampleSize, numberIn),
      artists: new Sample(keys.artists, sampleSize, hashOf),
      profiles: new Sample(keys.profiles, sampleSize, numberIn),
    };
    const counters = [...samples.songs.keys, ...samples.artists.keys, ...keys.dimensions];
    await this.#warmth.writeCounters(this.#realCounters, counters);
    await this.#warmth.writeProfiles(this.#realProfiles, samples.profiles.keys);
    this.#counters.sample = new Set(counters);
    this.#profiles.sample = samples.profiles.keys;
    this.#factors = {
      songs: samples.songs.factor,
      artists: samples.artists.factor,
      profiles: samples.profiles.factor,
    };
    return samples;
  }

  async #runWorkflow(epoch: EpochNumber): Promise<Record<Exclude<StageName, "consume">, StageMeasure>> {
    const execution = `execution-${epoch}`;
    const plan = await this.#stage(1, () => this.#plan(execution));
    const reduce = await this.#stage(1, () =>
      createReduceHandler({ ...this.#stores(), ...this.#edge(), topsEveryMs: 60_000 })({ epoch }),
    );
    const userBehavior = await this.#stage(1, () =>
      createUserBehaviorHandler({ ...this.#stores(), ...this.#edge() })({ epoch }),
    );
    const recommendation = await this.#stage(1, () =>
      createRecommendationHandler({ ...this.#stores(), ...this.#edge() })({ epoch }),
    );
    const figures: Record<string, StageFigures> = {
      mapReduce: reduce.result,
      userBehavior: userBehavior.result,
      recommendation: recommendation.result,
    };
    const startedAt = new Date(this.#now).toISOString();
    const commit = await this.#stage(1, () =>
      createCommitHandler({ ...this.#stores(), ...this.#edge() })({ execution, startedAt, epoch, figures }),
    );
    const broadcast = await this.#stage(1, () =>
      createBroadcastHandler({
        ...this.#stores(),
        connections: this.#connections,
        gateway: { send: () => Promise.reject(new Error("nobody listens")) },
        ...this.#edge(),
      })({ epoch }),
    );
    return {
      plan: plan.stage,
      reduce: reduce.stage,
      "user-behavior": userBehavior.stage,
      recommendation: recommendation.stage,
      commit: commit.stage,
      broadcast: broadcast.stage,
    };
  }

  async #measureIdleRun(): Promise<Usage> {
    await this.#epochs.acquireLease("another execution", this.#now, 300_000);
    const { result, stage } = await this.#stage(1, () => this.#plan("execution-3"));
    if (result.kind !== "busy") throw new Error(`a run without a lease was ${result.kind}`);
    return stage.usage;
  }

  #plan(execution: string) {
    return createPlanHandler({
      ...this.#stores(),
      ...this.#edge(),
      createStoreId: randomUUID,
      maxEpochPlays: 1_000_000, // the whole tick in one epoch
      maxWorkerPlays: 1_000_000,
      playsPerWorker: 1_000_000,
      maxWorkers: 1,
      tickSeconds: this.#options.tickSeconds,
      profileTickMs: 0,
      maxProfilePlays: 1_000_000,
      leaseMs: 300_000,
    })({ execution, startedAt: new Date(this.#now).toISOString() });
  }

  /** Runs a stage and meters it; the units of what was sampled are scaled. */
  async #stage<T>(
    invocations: number,
    work: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly stage: StageMeasure }> {
    this.#logger = new MemoryLogger();
    this.#metrics = new MemoryMetrics();
    await this.#meter.take();
    const before = process.cpuUsage();
    const result = await work();
    const { user, system } = process.cpuUsage(before);
    const { usage, rounds } = await this.#meter.take();
    const stage = {
      invocations,
      usage: mapUsage(usage, (units, kind) => scaleUnits(units, this.#factors[kind] ?? 1)),
      cpuMs: (user + system) / 1000,
      rounds,
      logBytes: logBytesOf(this.#logger.entries, this.#metrics.entries, invocations),
      metrics: metricNamesOf(this.#metrics.entries),
    };
    return { result, stage };
  }

  #stores() {
    return {
      segments: this.#segments,
      claims: this.#claims,
      counters: this.#counters,
      profiles: this.#profiles,
      publications: this.#publications,
      rejects: this.#rejects,
      epochs: this.#epochs,
    };
  }

  /** A stage's own logger and metrics, whichever are current when it uses them. */
  #edge() {
    return {
      clock: () => this.#now,
      logger: {
        debug: () => undefined,
        info: (message: string, fields = {}) => this.#logger.info(message, fields),
        warn: (message: string, fields = {}) => this.#logger.warn(message, fields),
        error: (message: string, fields = {}) => this.#logger.error(message, fields),
      },
      metrics: {
        record: (...entry: Parameters<MemoryMetrics["record"]>) => this.#metrics.record(...entry),
      },
    };
  }
}

/** An epoch's share of folds that come less often: what was measured folds the plays of the epoch alone. */
function shareOf(stage: StageMeasure, { profiles, readings, charts }: ProfileShare): StageMeasure {
  const factors: Partial<Record<Kind, number>> = { profiles, segments: readings, lists: charts };
  return {
    ...stage,
    usage: mapUsage(stage.usage, (units, kind) => scaleUnits(units, factors[kind] ?? 1)),
    cpuMs: stage.cpuMs * profiles,
  };
}

function addMeasures(a: StageMeasure, b: StageMeasure): StageMeasure {
  return {
    invocations: a.invocations + b.invocations,
    usage: addUsage(a.usage, b.usage),
    cpuMs: a.cpuMs + b.cpuMs,
    rounds: a.rounds + b.rounds,
    logBytes: a.logBytes + b.logBytes,
    metrics: a.metrics,
  };
}

/** The usage of all stages together. */
export function cellUsage({ stages }: CellMeasure): Usage {
  return stageNames.map((name) => stages[name].usage).reduce(addUsage, noUsage());
}
