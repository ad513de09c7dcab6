import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createChartsHandler } from "#functions/mapreduce/charts-handler.ts";
import { createCommitHandler } from "#functions/mapreduce/commit-handler.ts";
import { type ConsumeDeps, createConsumeHandler } from "#functions/mapreduce/consume-handler.ts";
import { createPlanHandler } from "#functions/mapreduce/plan-handler.ts";
import { createReduceHandler } from "#functions/mapreduce/reduce-handler.ts";
import { createReleaseHandler } from "#functions/mapreduce/release-handler.ts";
import { createTriggerHandler } from "#functions/mapreduce/trigger-handler.ts";
import { createRecommendationHandler } from "#functions/recommendation/handler.ts";
import { createUserBehaviorHandler } from "#functions/user-behavior/handler.ts";
import { createListenersHandler } from "#functions/user-behavior/listeners-handler.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import type { SqliteOptions } from "#src/adapters/sqlite/sqlite-database.ts";
import { type EpochRecord, totalCounts } from "#src/domain/epoch.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { type Head, type ShardCounts, subtractCounts } from "#src/domain/position.ts";
import { areProfilesBehind, type ProfileRule, profilesAfter } from "#src/domain/profile-fold.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Logger } from "#src/ports/logger.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import type { PlayStream, StreamRecord } from "#src/ports/play-stream.ts";
import { ArchiveKeeper } from "./archive-keeper.ts";
import { ClockWatch } from "./clock-watch.ts";
import { claimDataDir } from "./data-dir.ts";
import { openStores, type Stores } from "./stores.ts";
import { EventSourceMapping } from "./stream/event-source-mapping.ts";
import { LocalStream } from "./stream/play-stream.ts";
import { type WorkflowHandlers, WorkflowRunner } from "./workflow-runner.ts";
import { WorkflowTicker } from "./workflow-ticker.ts";
import { yieldingStores } from "./yielding-stores.ts";

/** The embedded stream's name, as producers address it. */
export const streamName = "plays";

export interface EngineOptions {
  readonly dataDir: string;
  /** Shards of the stream; fixed once the data directory exists. */
  readonly shards: number;
  /** How often an epoch may start while plays arrive, ms. */
  readonly tickMs: number;
  /** The least time between two folds of plays into profiles, ms. @default every epoch */
  readonly profileTickMs?: number;
  /** Whether an acknowledged play survives a power loss, and not only the end of the process. */
  readonly fsync: boolean;
  /** Whether nobody opens the data directory again, so that what is stored need not survive the process. @default false */
  readonly isThrownAway?: boolean;
  readonly logger: Logger;
  /** The workflow's last task. */
  readonly broadcast: (input: never) => Promise<unknown>;
  /** An epoch is cut at the segment with which it reaches this many plays. @default 500000 */
  readonly maxEpochPlays?: number;
  /**
   * After how many failures of one batch `consumed` and `settle` reject; the consumer goes on repeating it.
   *
   * @default never
   */
  readonly patience?: number;
  /** Whether the records are archived, in `<dataDir>/archive`. */
  readonly archive: boolean;
  /** For how many days archived records are kept. @default for ever */
  readonly archiveDays?: number | undefined;
  /** The longest time for which a batch of the consumer grows, ms. @default 0 */
  readonly maxRestMs?: number;
  /** How far apart two arrivals of one event id may be and still be one play, ms. @default 600000 */
  readonly dedupeHorizonMs?: number;
  /** When what is put arrives, epoch ms; never steps back. @default Date.now */
  readonly arrivalClock?: () => number;
}

/** Consumed records may be read again for this long, ms. */
const streamRetentionMs = 3_600_000;
const defaultDedupeHorizonMs = 600_000;
/** Segments live this long after they were written, ms, and until they are reduced. */
const segmentRetentionMs = 86_400_000;
const leaseMs = 300_000;
/** How often the most played songs of each genre, platform, mood and country are published, ms. */
const topsEveryMs = 5_000;
const housekeepingMs = 60_000;
/** A run starts so often whatever happens, ms: windows roll over in silence. */
const safetyNetMs = 60_000;

const clock = (): EpochMs => Date.now() as EpochMs;
const decodeBase64 = (text: string): Uint8Array => Buffer.from(text, "base64");
/** The embedded runtime shows the figures of its epoch records. */
export const noMetrics: Metrics = { record: () => undefined };

/** How often a run may fail before `settle` gives up. */
const failedRuns = 3;

/**
 * The whole analytics side in one process: stream, consumer, stores and workflow, over one data directory. The handlers
 * are the ones that run on Lambda.
 */
export class Engine {
  readonly stream: LocalStream;
  readonly stores: Stores;
  /** The way into the stream for producers in this process. */
  readonly plays: PlayStream;
  readonly #mapping: EventSourceMapping;
  readonly #archive: ArchiveKeeper | undefined;
  readonly #ticker: WorkflowTicker;
  readonly #housekeeping: NodeJS.Timeout;
  readonly #releaseDataDir: () => void;
  /** Rejects once patience with a batch is over. */
  readonly #stuck = Promise.withResolvers<never>();
  readonly #clockWatch: ClockWatch;
  #waitingPlays = 0;
  #areProfilesWanted = false;

  private constructor(
    options: EngineOptions,
    stores: Stores,
    stream: LocalStream,
    releaseDataDir: () => void,
  ) {
    const { logger, maxEpochPlays = 500_000, patience = Number.POSITIVE_INFINITY } = options;
    const profileRule: ProfileRule = {
      profileTickMs: options.profileTickMs ?? 0,
      maxProfilePlays: maxEpochPlays,
      maxWorkers: 1, // they would share one processor
      areProfilesWanted: () => this.#areProfilesWanted,
    };
    this.#stuck.promise.catch(() => undefined); // whoever waits is told
    this.stores = stores;
    this.stream = stream;
    this.plays = { put: (records) => putIntoStream(stream, records) };
    this.#releaseDataDir = releaseDataDir;
    this.#clockWatch = new ClockWatch(stores.epochs, clock, logger);
    const runner = new WorkflowRunner(workflowHandlers(options, stores, maxEpochPlays, profileRule), logger);
    this.#ticker = new WorkflowTicker({
      run: async () => {
        await this.#clockWatch.check();
        return await runner.run();
      },
      tickMs: options.tickMs,
      isUrgent: () => this.#waitingPlays >= maxEpochPlays,
      // Profiles are due in silence, too; with no tick of their own they never wait.
      safetyNetMs: Math.max(options.tickMs, Math.min(safetyNetMs, profileRule.profileTickMs || safetyNetMs)),
    });
    const consume = createConsumeHandler(consumeDeps(options, stores));
    const trigger = createTriggerHandler({ starter: this.#ticker });
    this.#mapping = new EventSourceMapping({
      stream,
      handler: async (event) => {
        await consume(event);
        this.#waitingPlays = (await waitingCounts(stores)).plays;
        await trigger(); // on AWS the segments' stream does this
      },
      now: Date.now,
      maxRestMs: options.maxRestMs ?? 0,
      onError: (error, failure) => {
        logger.error("the consumer failed", { ...failure, reason: String(error) });
        if (failure.kind === "batch" && failure.attempt >= patience) this.#stuck.reject(error);
      },
    });
    this.#archive = options.archive
      ? new ArchiveKeeper({
          stream,
          dir: join(options.dataDir, "archive"),
          days: options.archiveDays,
          logger,
        })
      : undefined;
    this.#housekeeping = setInterval(() => void keepHouse(stores, logger), housekeepingMs).unref();
  }

  /**
   * Opens a data directory, and creates it where there is none.
   *
   * @throws DataDirError, StoreError or Error naming what cannot be opened
   */
  static open(options: EngineOptions): Engine {
    const { dataDir, fsync } = options;
    const releaseDataDir = claimDataDir(dataDir);
    let stores: Stores | undefined;
    try {
      stores = openStores(dataDir, { survives: survivalOf(options) });
      const stream = LocalStream.open({
        dir: join(dataDir, "stream"),
        name: streamName,
        shardCount: options.shards,
        retentionMs: streamRetentionMs,
        fsync,
        now: options.arrivalClock ?? Date.now,
      });
      for (const cut of stream.recoveries)
        options.logger.warn("an unfinished record was cut off", { ...cut });
      return new Engine(options, stores, stream, releaseDataDir);
    } catch (error) {
      stores?.close();
      releaseDataDir();
      throw error;
    }
  }

  /** Starts to consume; an epoch that was left unfinished is resumed. */
  async start(): Promise<void> {
    await this.#clockWatch.check();
    this.#mapping.start();
    this.#archive?.start();
    await this.#ticker.start();
  }

  /** Records that were put and not consumed yet. */
  get lag(): number {
    return this.#mapping.lag().records;
  }

  /**
   * Resolves when everything that was put before the call is inside segments.
   *
   * @throws the consumer's last error, where patience with a batch is over
   */
  consumed(): Promise<void> {
    return Promise.race([this.#mapping.drained(), this.#stuck.promise]);
  }

  /**
   * Resolves when everything that was put before the call is counted, in profiles, published and archived.
   *
   * @throws Error where the consumer or the workflow keeps failing; the log says why
   */
  async settle(): Promise<void> {
    await Promise.all([this.consumed(), this.#archive?.drained()]);
    this.#areProfilesWanted = true;
    try {
      for (let failures = 0; failures < failedRuns; ) {
        if ((await this.#ticker.flush()) === "failed") failures += 1;
        if (await this.#isSettled()) return;
      }
    } finally {
      this.#areProfilesWanted = false;
    }
    throw new Error(`the workflow failed ${failedRuns} times`);
  }

  async #isSettled(): Promise<boolean> {
    const latest = await this.stores.epochs.latest();
    if (latest?.status === "open") return false;
    const waiting = await waitingCounts(this.stores);
    return Object.values(waiting).every((count) => count === 0) && !(latest && areProfilesBehind(latest));
  }

  /** Ends after the batch and the run that are under way; what is not done is done at the next start. */
  async close(): Promise<void> {
    clearInterval(this.#housekeeping);
    const counted = this.#mapping.stop().then(() => this.#ticker.stop());
    await Promise.all([counted, this.#archive?.close()]);
    this.stream.close();
    this.stores.close();
    this.#releaseDataDir();
  }
}

function survivalOf({ fsync, isThrownAway = false }: EngineOptions): NonNullable<SqliteOptions["survives"]> {
  if (isThrownAway) return "nothing";
  return fsync ? "power-loss" : "process-kill";
}

/** Resolves once the operating system has the records. */
async function putIntoStream(stream: LocalStream, records: readonly StreamRecord[]): Promise<void> {
  try {
    await Promise.resolve(stream.put(records));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new StoreError(`the stream ${stream.name} took no records: ${why}`, { cause });
  }
}

function consumeDeps(
  { logger, dedupeHorizonMs = defaultDedupeHorizonMs }: EngineOptions,
  stores: Stores,
): ConsumeDeps {
  return {
    segments: yieldingStores(stores).segments,
    lineage: { ancestors: async () => [] }, // the embedded stream has no splits and merges
    codec: nodeRecordCodec,
    decodeBase64,
    clock,
    logger,
    metrics: noMetrics,
    dedupeHorizonMs,
    segmentRetentionMs,
  };
}

function workflowHandlers(
  options: EngineOptions,
  stores: Stores,
  maxEpochPlays: number,
  profileRule: ProfileRule,
): WorkflowHandlers {
  const shared = { ...stores, ...yieldingStores(stores), clock, logger: options.logger, metrics: noMetrics };
  return {
    plan: createPlanHandler({
      ...{ ...shared, ...profileRule, leaseMs },
      ...{ createStoreId: randomUUID, tickSeconds: 0 },
      ...{ maxEpochPlays, maxWorkerPlays: maxEpochPlays, playsPerWorker: maxEpochPlays },
    }),
    reduce: createReduceHandler({ ...shared, topsEveryMs }),
    charts: createChartsHandler(shared),
    "user-behavior": createUserBehaviorHandler(shared),
    listeners: createListenersHandler(shared),
    recommendation: createRecommendationHandler(shared),
    // Plan keeps no tick here: the ticker does, and starts another run at once only for a backlog.
    commit: createCommitHandler({ ...shared, isUrgent: ({ plays }) => plays >= maxEpochPlays }),
    broadcast: options.broadcast,
    release: createReleaseHandler(shared),
  };
}

/** What segments hold that no epoch owns yet. */
async function waitingCounts({ epochs, segments }: Stores): Promise<ShardCounts> {
  const latest = await epochs.latest();
  return subtractCounts(totalCounts(await segments.readHeads()), totalCounts(latest?.to ?? []));
}

/** Up to where nobody needs segments any more: profiles are folded last. */
async function headsInProfiles(epochs: EpochLog, latest: EpochRecord): Promise<readonly Head[]> {
  const fold = latest.status === "committed" ? profilesAfter(latest) : latest.profiles;
  if (fold === undefined) return latest.from;
  return (await epochs.read(fold.from.epoch))?.to ?? [];
}

/** On AWS the tables' time to live does this. */
async function keepHouse({ epochs, segments }: Stores, logger: Logger): Promise<void> {
  try {
    const latest = await epochs.latest();
    if (latest !== undefined) segments.deleteExpired(clock(), await headsInProfiles(epochs, latest));
  } catch (error) {
    logger.error("expired segments could not be deleted", { reason: String(error) });
  }
}
