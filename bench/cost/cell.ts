import { DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { createConsumeHandler } from "#functions/mapreduce/consume-handler.ts";
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
import { draftChart } from "#src/domain/chart.ts";
import { nominateListener } from "#src/domain/chart-candidates.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs, Play, UserId } from "#src/domain/play.ts";
import { allTime } from "#src/domain/windows.ts";
import { workersFor } from "#src/domain/work-share.ts";
import { chartKey, encodeChart } from "#src/wire/chart-codec.ts";
import { partitionKeyOf } from "#src/wire/partition-key.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import type { DynamoDbLocal } from "#test/support/dynamodb-local.ts";
import { kinesisEvent } from "#test/support/pipeline.ts";
import { type ArchivedBatch, archiveBatch, playsPerBatch } from "./archived-batch.ts";
import { deployedDefaults } from "./deployed-defaults.ts";
import { meanOfTicks, withWorkers } from "./fold-share.ts";
import { itemBytes } from "./item-size.ts";
import { KeySets } from "./key-sets.ts";
import { addMeasures, type CellMeasure, type CellOptions, notInvoked, type StageMeasure } from "./measure.ts";
import type { CapacityMeter, Usage } from "./meter.ts";
import { foldCycleOf, profileShareOf } from "./profile-tick.ts";
import { hashOf, Sample } from "./sample.ts";
import { SampledCounterStore } from "./sampled-counter-store.ts";
import { SampledProfileStore } from "./sampled-profile-store.ts";
import { StageMeter } from "./stage-meter.ts";
import { Warmth } from "./warmth.ts";
import { type PlanSettings, Workflow } from "./workflow.ts";
import { numberIn, World } from "./world.ts";

/** A Friday evening: no window ends soon. */
const epochStart = Date.parse("2026-11-20T20:30:00Z") as EpochMs;
/** Enough to fill every chart with its 500 entries. */
const chartPlays = 20_000;
const chartListeners = 500;
const oneWorker = { playsPerWorker: chartPlays, maxProfilePlays: chartPlays };
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

class Cell {
  readonly #options: CellOptions;
  readonly #client: DynamoDbLocal["client"];
  readonly #countersTable: string;
  readonly #meter: StageMeter;
  readonly #world: World;
  readonly #warmth: Warmth;
  readonly #segments: DynamoDbSegmentStore;
  readonly #realCounters: DynamoDbCounterStore;
  readonly #realProfiles: DynamoDbProfileStore;
  readonly #counters: SampledCounterStore;
  readonly #profiles: SampledProfileStore;
  readonly #publications: DynamoDbPublicationStore;
  readonly #epochs: DynamoDbEpochLog;
  readonly #workflow: Workflow;
  readonly #containers = new Map<number, ReturnType<typeof createConsumeHandler>>();
  #now = epochStart;
  #sequence = 0;
  #playBytes = 0;

  constructor(
    { client }: DynamoDbLocal,
    meter: CapacityMeter,
    options: CellOptions,
    [segments, counters, connections]: readonly [string, string, string],
  ) {
    this.#options = options;
    this.#client = client;
    this.#countersTable = counters;
    this.#meter = new StageMeter(meter);
    this.#world = new World(options.rate, options.seed);
    const warmth = new Warmth(this.#world, epochStart, options.ageDays);
    this.#warmth = warmth;
    this.#segments = new DynamoDbSegmentStore(client, segments);
    this.#realCounters = new DynamoDbCounterStore(client, counters);
    this.#realProfiles = new DynamoDbProfileStore(client, counters);
    this.#counters = new SampledCounterStore(this.#realCounters, (key) => warmth.totalsOf(key));
    this.#profiles = new SampledProfileStore(this.#realProfiles, (user) => warmth.profileOf(user));
    this.#publications = new DynamoDbPublicationStore(client, counters);
    this.#epochs = new DynamoDbEpochLog(client, counters);
    const stores = {
      ...{ segments: this.#segments, counters: this.#counters, profiles: this.#profiles },
      ...{ publications: this.#publications, epochs: this.#epochs },
      claims: new DynamoDbClaimStore(client, counters),
      rejects: new DynamoDbRejectStore(client, counters),
      connections: new DynamoDbConnectionStore(client, connections),
    };
    this.#workflow = new Workflow(stores, this.#meter, () => this.#now);
  }

  async measure(): Promise<CellMeasure> {
    const keys = new KeySets();
    const { consume, another } = await this.#fill(keys);
    const { rate, tickSeconds, seed, workers, mostRun = Number.POSITIVE_INFINITY } = this.#options;
    const samples = await this.#warm(keys);
    const plays = rate * tickSeconds;
    const playBytes = this.#playBytes / plays;
    const folds = foldCycleOf(this.#options, workers);
    if (folds === undefined) throw new Error(`profiles do not catch up with ${workers.maxWorkers} workers`);
    const share = profileShareOf(folds, this.#options, seed);
    this.#profiles.foldOf = (delta) => this.#warmth.foldOf(delta, share.playsOfListener);
    const parts = Math.min(mostRun, Math.max(...folds.workers));
    const settings = {
      ...this.#planSettings(),
      ...{ maxWorkers: Math.min(mostRun, workers.maxWorkers), maxProfilePlays: Math.ceil(plays / parts) },
    };
    const epoch = await this.#workflow.run("execution-2", settings, plays);
    if (epoch.profileWorkers !== parts)
      throw new Error(`${epoch.profileWorkers} workers fold instead of ${parts}`);
    const idleRun = await this.#measureIdleRun();
    const isEveryEpoch = folds.workers.length === folds.epochs;
    const idle = isEveryEpoch ? notInvoked : await this.#measureIdleFold(another);
    const { "user-behavior": foldWorkers, listeners } = epoch.stages;
    const stages = {
      ...{ consume, ...epoch.stages },
      ...withWorkers(epoch.stages, workersFor(plays, workers)),
      ...meanOfTicks({ workers: foldWorkers, listeners, idle }, folds, share),
    };
    return {
      options: this.#options,
      ...{ plays, playBytes, workers: workersFor(plays, workers), folds, stages },
      readMs: epoch.readMs,
      keys: {
        songs: { count: keys.songs.size, metered: samples.songs.keys.size },
        artists: { count: keys.artists.size, metered: samples.artists.keys.size },
        dimensions: { count: keys.dimensions.size, metered: keys.dimensions.size },
        profiles: { count: keys.profiles.size * share.profiles, metered: samples.profiles.keys.size },
      },
      idleRun,
      archive: await this.#archiveBatch(),
      countersBytes: this.#warmth.countersBytes(),
      profileBytes: (await this.#bytesOfProfiles()) / samples.profiles.keys.size,
    };
  }

  /**
   * Fills charts, and consumes the plays of a tick. Nothing of the simulator and the consumers is left then: the listeners of
   * 16,000 plays/s are most of a GB, which the collector would go through again and again while workers read.
   */
  async #fill(keys: KeySets): Promise<{ readonly consume: StageMeasure; readonly another: Play }> {
    const simulator = this.#world.createSimulator();
    await this.#fillCharts(() => simulator.next(epochStart));
    const consume = await this.#consumeTick((at) => {
      const play = simulator.next(at);
      keys.add(play);
      this.#warmth.learn(play);
      return play;
    });
    this.#containers.clear();
    return { consume, another: simulator.next(this.#now) };
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
    await this.#workflow.run("execution-1", { ...this.#planSettings(), ...oneWorker }, chartPlays);
  }

  /** The plays of one tick: each second, each shard's container gets what its shard got. */
  async #consumeTick(next: (at: EpochMs) => Play): Promise<StageMeasure> {
    const { rate, tickSeconds } = this.#options;
    this.#playBytes = 0;
    let sum = notInvoked;
    for (let second = 0; second < tickSeconds; second++) {
      const plays = Array.from({ length: rate }, (_, i) =>
        next(Math.floor(epochStart + second * 1000 + (i * 1000) / rate) as EpochMs),
      );
      this.#now = (epochStart + (second + 1) * 1000) as EpochMs;
      sum = addMeasures(sum, await this.#consume(plays));
    }
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
    const measure = await this.#meter.run({
      invocations: events.length,
      work: async () => {
        for (const { shard, event } of events) await this.#container(shard)(event);
      },
      doneOf: () => ({ things: plays.length, playsRead: 0 }),
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
      ...{ clock: () => this.#now, ...this.#meter.edge },
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
    this.#meter.factors = {
      songs: samples.songs.factor,
      artists: samples.artists.factor,
      profiles: samples.profiles.factor,
    };
    return samples;
  }

  async #measureIdleRun(): Promise<Usage> {
    await this.#epochs.acquireLease(otherExecution, this.#now, 300_000);
    const { result, stage } = await this.#workflow.plan("execution-3", this.#planSettings());
    if (result.kind !== "busy") throw new Error(`a run without a lease was ${result.kind}`);
    return stage.usage;
  }

  /** An epoch of the next tick, in the run that has the lease. */
  async #measureIdleFold(play: Play): Promise<StageMeasure> {
    this.#now = (this.#now + this.#options.tickSeconds * 1000) as EpochMs;
    await this.#consume([{ ...play, startedAt: this.#now }]);
    const settings = { ...this.#planSettings(), profileTickMs: this.#options.profileTickSeconds * 1000 };
    return await this.#workflow.runIdleFold(otherExecution, settings);
  }

  /** As deployed, but that each epoch folds its own plays into profiles. */
  #planSettings(): PlanSettings {
    const { tickSeconds, workers } = this.#options;
    const { maxEpochPlays } = deployedDefaults;
    return {
      ...workers,
      ...{ maxEpochPlays, tickSeconds },
      ...{ profileTickMs: 0, maxProfilePlays: workers.maxWorkerPlays },
    };
  }
}

const otherExecution = "another execution";
