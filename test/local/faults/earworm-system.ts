import { createHash } from "node:crypto";
import { CliError } from "#cli/cli-error.ts";
import { createChartsHandler } from "#functions/mapreduce/charts-handler.ts";
import { createCommitHandler } from "#functions/mapreduce/commit-handler.ts";
import { createConsumeHandler } from "#functions/mapreduce/consume-handler.ts";
import { createPlanHandler } from "#functions/mapreduce/plan-handler.ts";
import { createReduceHandler } from "#functions/mapreduce/reduce-handler.ts";
import { createReleaseHandler } from "#functions/mapreduce/release-handler.ts";
import { createRecommendationHandler } from "#functions/recommendation/handler.ts";
import { createUserBehaviorHandler } from "#functions/user-behavior/handler.ts";
import { createListenersHandler } from "#functions/user-behavior/listeners-handler.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { MemoryTokenStore } from "#src/adapters/memory/memory-token-store.ts";
import { type TokenHash, tokenIdOf } from "#src/domain/access-token.ts";
import { rangesOf, totalCounts } from "#src/domain/epoch.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import { areProfilesBehind } from "#src/domain/profile-fold.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Logger } from "#src/ports/logger.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import { trendingPipeline, type WorkflowResource } from "#src/workflow/trending-pipeline.ts";
import type { PipelineStores } from "#test/support/pipeline.ts";
import { type CutOffs, WatchedCorrections } from "./erasures.ts";
import { faultyLineage, faultyStores } from "./faulty-stores.ts";
import { runForget } from "./forget-run.ts";
import { type Caller, FaultPlan, InjectedError } from "./invocation.ts";
import { interpret } from "./workflow-interpreter.ts";
import {
  type Consume,
  type Execution,
  type Forgetting,
  plainExecution,
  type System,
  type World,
} from "./world.ts";

export const dedupeHorizonMs = 600_000;
const leaseMs = 300_000;

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Stages that must read each of an epoch's segments before they write; plan may do with less. */
const walkers: readonly WorkflowResource[] = ["reduce", "user-behavior"];

/** The handlers of Earworm over given stores. */
export class EarwormSystem implements System {
  readonly #stores: PipelineStores;
  /** The stores as the consumer sees them, where that is to differ. */
  readonly #consumerStores: PipelineStores;
  /** Whether shards know where they stem from. */
  readonly #hasLineage: boolean;
  readonly #active = new Set<string>();
  readonly #corrections = new WatchedCorrections();
  /** One of everybody who is to be forgotten. */
  readonly tokens = new MemoryTokenStore();
  /** What `forget` says where the archive is not what is counted. */
  readonly refusals: string[] = [];
  #leaseHolder: string | undefined;

  constructor(
    stores: PipelineStores,
    options: { readonly consumerStores?: PipelineStores; readonly hasLineage?: boolean } = {},
  ) {
    this.#stores = stores;
    this.#consumerStores = options.consumerStores ?? stores;
    this.#hasLineage = options.hasLineage ?? true;
  }

  container(world: World, caller: Caller): Consume {
    return createConsumeHandler({
      ...faultyStores(this.#consumerStores, caller),
      lineage: faultyLineage((shard) => (this.#hasLineage ? world.stream.ancestors(shard) : []), caller),
      codec: nodeRecordCodec,
      decodeBase64: (text) => Buffer.from(text, "base64"),
      clock: world.scheduler.clock,
      logger: silent,
      metrics: metricsOf(world),
      dedupeHorizonMs,
      segmentRetentionMs: 7 * 86_400_000,
    });
  }

  async execute(world: World, { faults, diesBefore, afterMs, outage }: Execution): Promise<void> {
    if (afterMs > 0) await world.scheduler.sleep(afterMs);
    const id = world.nextExecution();
    const plan = new FaultPlan(faults);
    this.#active.add(id);
    await interpret(trendingPipeline, {
      id,
      startTime: new Date(world.scheduler.clock()).toISOString(),
      sleep: (ms) => world.scheduler.sleep(ms),
      diesBefore: (transition, state) => {
        if (transition !== diesBefore) return false;
        world.log.note(`workflow died before ${state}`);
        return true;
      },
      run: async (resource, input) => {
        if (resource === outage) return await fail(world, resource);
        const invocation = world.invocation(plan, walkers.includes(resource));
        const handler = this.#handler(resource, world, invocation);
        return await invocation.run(() => handler(input as never));
      },
    });
    this.#active.delete(id);
  }

  async forget(
    world: World,
    { listener, afterMs, faults }: Forgetting,
  ): Promise<"done" | "failed" | "refused"> {
    if (afterMs > 0) await world.scheduler.sleep(afterMs);
    const userId = listener as UserId;
    const owner = `forget-${world.nextExecution()}`;
    const invocation = world.invocation(new FaultPlan(faults), false);
    const run = {
      stores: {
        ...this.#stores,
        epochs: this.#watched(this.#stores.epochs, world),
        publications: this.#corrections.over(this.#stores.publications),
      },
      ...{ tokens: this.tokens, archive: world.archive.archive, clock: world.scheduler.clock },
      ...{ horizonMs: dedupeHorizonMs, owner },
      sleep: (ms: number) => world.scheduler.sleep(ms),
      execute: () => this.execute(world, plainExecution),
    };
    this.#active.add(owner);
    await this.#giveToken(listener);
    try {
      const wasKnown = await invocation.run(() => runForget(run, userId, invocation));
      if (wasKnown) world.log.note("listener forgotten");
      return "done";
    } catch (error) {
      if (!(error instanceof CliError && error.message.startsWith("the archive holds"))) return "failed";
      this.refusals.push(error.message);
      return "refused";
    } finally {
      this.#active.delete(owner);
    }
  }

  async #giveToken(listener: string): Promise<void> {
    const hash = createHash("sha256").update(listener).digest("hex") as TokenHash;
    const scope = { kind: "listener", userId: listener as UserId } as const;
    const [createdAt, expiresAt] = [0 as EpochMs, Number.MAX_SAFE_INTEGER as EpochMs];
    await this.tokens.create({ id: tokenIdOf(hash), hash, label: "", scope, createdAt, expiresAt });
  }

  /** Up to where which listeners never were. */
  async cutOffs(): Promise<CutOffs> {
    return await this.#corrections.cutOffs(this.#stores.epochs);
  }

  async isSettled(): Promise<boolean> {
    const latest = await this.#stores.epochs.latest();
    if (latest?.status === "open") return false;
    if (latest !== undefined && areProfilesBehind(latest)) return false;
    const heads = await this.#stores.segments.readHeads();
    return rangesOf({ from: latest?.to ?? [], to: heads }).length === 0;
  }

  #handler(resource: WorkflowResource, world: World, caller: Caller): (input: never) => Promise<unknown> {
    const epochs = this.#watched(this.#stores.epochs, world);
    const stores = faultyStores({ ...this.#stores, epochs }, caller);
    const clock = world.scheduler.clock;
    const { maxEpochPlays, playsPerWorker, maxWorkers } = world.scenario;
    const { tickSeconds, profileTickSeconds, maxProfilePlays } = world.scenario;
    const deps = { ...stores, clock, logger: silent, metrics: metricsOf(world) };
    switch (resource) {
      case "plan":
        return createPlanHandler({
          ...deps,
          ...{ createStoreId: () => "store", maxEpochPlays, maxWorkerPlays: maxEpochPlays },
          ...{ playsPerWorker, maxWorkers },
          ...{ leaseMs, tickSeconds },
          ...{ profileTickMs: profileTickSeconds * 1000, maxProfilePlays },
        });
      case "reduce":
        return createReduceHandler({ ...deps, topsEveryMs: 5_000 });
      case "charts":
        return createChartsHandler(deps);
      case "user-behavior":
        return createUserBehaviorHandler(deps);
      case "listeners":
        return createListenersHandler(deps);
      case "recommendation":
        return createRecommendationHandler(deps);
      case "commit":
        return createCommitHandler(deps);
      case "release":
        return createReleaseHandler(deps);
      case "broadcast":
        return () => Promise.resolve({});
    }
  }

  /** Notes when a lease is taken from a run that is not over, and when more waits than an epoch may hold. */
  #watched(epochs: EpochLog, world: World): EpochLog {
    return {
      latest: () => epochs.latest(),
      read: (epoch) => epochs.read(epoch),
      commit: (epoch, figures, at) => epochs.commit(epoch, figures, at),
      noteBroadcast: (epoch, outcome) => epochs.noteBroadcast(epoch, outcome),
      readBroadcast: (epoch) => epochs.readBroadcast(epoch),
      noteVerification: (verification) => epochs.noteVerification(verification),
      readVerification: () => epochs.readVerification(),
      acquireLease: async (owner, now, lengthMs) => {
        const isTaken = await epochs.acquireLease(owner, now, lengthMs);
        const before = this.#leaseHolder;
        if (isTaken && before !== undefined && before !== owner && this.#active.has(before))
          world.log.note(
            before.startsWith("forget") ? "lease expired under forget" : "lease expired under a run",
          );
        if (isTaken) this.#leaseHolder = owner;
        return isTaken;
      },
      releaseLease: async (owner) => {
        await epochs.releaseLease(owner);
        if (this.#leaseHolder === owner) this.#leaseHolder = undefined;
      },
      create: async (record) => {
        const heads = await this.#stores.segments.readHeads();
        const waiting = totalCounts(heads).plays - totalCounts(record.from).plays;
        if (waiting > world.scenario.maxEpochPlays) world.log.note("backlog larger than an epoch");
        return await epochs.create(record);
      },
    };
  }
}

function fail(world: World, resource: WorkflowResource): Promise<never> {
  world.log.note(resource === "broadcast" ? "broadcast failed" : "task out of order");
  return Promise.reject(new InjectedError(`injected: ${resource} is out of order`));
}

/** The commit stage reports itself when what was counted is not what was consumed. */
const metricsOf = (world: World): Metrics => ({
  record: (name, value) => {
    if (name === "CounterDrift" && value !== 0)
      world.violations.push(`the commit stage found a drift of ${value}`);
  },
});
