import { randomUUID } from "node:crypto";
import { createChartsHandler } from "#functions/mapreduce/charts-handler.ts";
import { createCommitHandler } from "#functions/mapreduce/commit-handler.ts";
import { createPlanHandler, type PlanDeps, type PlanOutput } from "#functions/mapreduce/plan-handler.ts";
import { createReduceHandler } from "#functions/mapreduce/reduce-handler.ts";
import { createRecommendationHandler } from "#functions/recommendation/handler.ts";
import { createUserBehaviorHandler } from "#functions/user-behavior/handler.ts";
import { createListenersHandler } from "#functions/user-behavior/listeners-handler.ts";
import { createBroadcastHandler } from "#functions/ws-broadcast/broadcast-handler.ts";
import { MemoryPublicationStore } from "#src/adapters/memory/memory-publication-store.ts";
import type { EpochNumber, StageFigures } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";
import type { ConnectionStore } from "#src/ports/connection-store.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import type { RejectStore } from "#src/ports/reject-store.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { forgetfulCounters, forgetfulProfiles } from "./forgetful-stores.ts";
import { addMeasures, notInvoked, type StageMeasure, type StageName } from "./measure.ts";
import type { SampledProfileStore } from "./sampled-profile-store.ts";
import { cpuOf, type StageMeter } from "./stage-meter.ts";

export interface WorkflowStores {
  readonly segments: SegmentStore;
  readonly claims: ClaimStore;
  readonly counters: CounterStore;
  readonly profiles: SampledProfileStore;
  readonly publications: PublicationStore;
  readonly rejects: RejectStore;
  readonly epochs: EpochLog;
  readonly connections: ConnectionStore;
}

/** What the planner is told, which decides how many workers there are. */
export type PlanSettings = Pick<
  PlanDeps,
  | "maxEpochPlays"
  | "maxWorkerPlays"
  | "playsPerWorker"
  | "maxWorkers"
  | "tickSeconds"
  | "profileTickMs"
  | "maxProfilePlays"
>;

export interface EpochMeasure {
  readonly stages: Readonly<Record<Exclude<StageName, "consume">, StageMeasure>>;
  /** How many workers counters had, and profiles. */
  readonly workers: number;
  readonly profileWorkers: number;
  /** CPU time that a worker of several takes for each play that it reads, ms. */
  readonly readMs: Readonly<Partial<Record<StageName, number>>>;
}

type PlannedEpoch = Extract<PlanOutput, { readonly kind: "epoch" }>;

const leaseMs = 300_000;

/** The functions of the workflow, in the order of the state machine, with what is deployed. */
export class Workflow {
  readonly #stores: WorkflowStores;
  readonly #meter: StageMeter;
  readonly #clock: () => EpochMs;

  constructor(stores: WorkflowStores, meter: StageMeter, clock: () => EpochMs) {
    this.#stores = stores;
    this.#meter = meter;
    this.#clock = clock;
  }

  /** Runs one epoch. @param plays how many it has */
  async run(execution: string, settings: PlanSettings, plays: number): Promise<EpochMeasure> {
    const plan = await this.plan(execution, settings);
    const planned = requireEpoch(plan.result);
    const { epoch, workers, profileWorkers } = planned;
    const reduce = await this.#reduce(planned, plays);
    const userBehavior = await this.#userBehavior(planned, plays);
    const readMs = await this.#readMs(planned, plays);
    const recommendation = await this.#once(
      createRecommendationHandler({ ...this.#stores, ...this.#edge() }),
      epoch,
    );
    const figures: Record<string, StageFigures> = {
      mapReduce: reduce.figures,
      userBehavior: userBehavior.figures,
      recommendation: recommendation.result,
    };
    const startedAt = this.#startedAt();
    const commit = await this.#meter.run({
      invocations: 1,
      work: () =>
        createCommitHandler({ ...this.#stores, ...this.#edge() })({ execution, startedAt, epoch, figures }),
    });
    const gateway = { send: () => Promise.reject(new Error("nobody listens")) };
    const broadcast = await this.#once(
      createBroadcastHandler({ ...this.#stores, gateway, ...this.#edge() }),
      epoch,
    );
    return {
      stages: {
        plan: plan.stage,
        reduce: reduce.workers,
        charts: reduce.after,
        "user-behavior": userBehavior.workers,
        listeners: userBehavior.after,
        recommendation: recommendation.stage,
        commit: commit.stage,
        broadcast: broadcast.stage,
      },
      ...{ workers: workers.length, profileWorkers: profileWorkers.length, readMs },
    };
  }

  /** UserBehavior in an epoch that folds nothing, which stays open. */
  async runIdleFold(execution: string, settings: PlanSettings): Promise<StageMeasure> {
    const { epoch, profileWorkers } = requireEpoch((await this.plan(execution, settings)).result);
    if (profileWorkers.length > 0) throw new Error(`epoch ${epoch} folds profiles`);
    const userBehavior = createUserBehaviorHandler({ ...this.#stores, ...this.#edge() });
    return (await this.#once(userBehavior, epoch)).stage;
  }

  plan(execution: string, settings: PlanSettings) {
    const deps = { ...this.#stores, ...this.#edge(), ...settings, createStoreId: randomUUID, leaseMs };
    return this.#meter.run({
      invocations: 1,
      work: () => createPlanHandler(deps)({ execution, startedAt: this.#startedAt() }),
    });
  }

  #reduce({ epoch, isShared, workers }: PlannedEpoch, plays: number) {
    const deps = { ...this.#stores, ...this.#edge(), topsEveryMs: 60_000 };
    const reduce = createReduceHandler(deps);
    return this.#shared({
      workers: isShared ? workers : undefined,
      work: (worker) => reduce({ epoch, ...(worker !== undefined && { worker }) }),
      after: () => createChartsHandler(deps)({ epoch }),
      things: "counters",
      plays,
    });
  }

  async #userBehavior({ epoch, areProfilesShared, profileWorkers }: PlannedEpoch, plays: number) {
    const deps = { ...this.#stores, ...this.#edge() };
    const userBehavior = createUserBehaviorHandler(deps);
    this.#stores.profiles.preparationMs = 0;
    const { workers, ...others } = await this.#shared({
      workers: areProfilesShared ? profileWorkers : undefined,
      work: (worker) => userBehavior({ epoch, ...(worker !== undefined && { worker }) }),
      after: () => createListenersHandler(deps)({ epoch }),
      things: "users",
      plays,
    });
    return { workers: { ...workers, cpuMs: workers.cpuMs - this.#stores.profiles.preparationMs }, ...others };
  }

  /** A stage with one worker, or with several and the step after them. @param things the figure with which its time grows */
  async #shared({ workers = [undefined], work, after, things, plays }: SharedStage) {
    const playsRead = workers.length > 1 ? plays : 0;
    let sum = notInvoked;
    let figures: StageFigures = {};
    for (const worker of workers) {
      const { result, stage } = await this.#meter.run({
        invocations: 1,
        work: () => work(worker),
        doneOf: (done) => ({ things: done[things] ?? 0, playsRead }),
      });
      sum = addMeasures(sum, stage);
      figures = result;
    }
    if (workers.length === 1) return { workers: sum, after: notInvoked, figures };
    const { result, stage } = await this.#meter.run({ invocations: 1, work: after });
    return { workers: sum, after: stage, figures: result };
  }

  /** The last worker of several once more, over stores that keep nothing: what is left is reading and folding. */
  async #readMs(
    { epoch, isShared, workers, areProfilesShared, profileWorkers }: PlannedEpoch,
    plays: number,
  ) {
    const forgetful = {
      ...{ ...this.#stores, ...this.#edge(), topsEveryMs: 60_000 },
      ...{ counters: forgetfulCounters, profiles: forgetfulProfiles },
      publications: new MemoryPublicationStore(),
    };
    const readMs: Partial<Record<StageName, number>> = {};
    const ofPlay = async (work: () => Promise<StageFigures>) => (await cpuOf(work)).cpuMs / plays;
    const [counting, folding] = [workers, profileWorkers].map(({ length }) => ({
      epoch,
      worker: length - 1,
    }));
    if (isShared && counting !== undefined)
      readMs.reduce = await ofPlay(() => createReduceHandler(forgetful)(counting));
    if (areProfilesShared && folding !== undefined)
      readMs["user-behavior"] = await ofPlay(() => createUserBehaviorHandler(forgetful)(folding));
    return readMs;
  }

  #once<T>(handler: (input: { readonly epoch: EpochNumber }) => Promise<T>, epoch: EpochNumber) {
    return this.#meter.run({ invocations: 1, work: () => handler({ epoch }) });
  }

  #startedAt(): string {
    return new Date(this.#clock()).toISOString();
  }

  #edge() {
    return { clock: this.#clock, ...this.#meter.edge };
  }
}

interface SharedStage {
  readonly workers: readonly (number | undefined)[] | undefined;
  readonly work: (worker: number | undefined) => Promise<StageFigures>;
  readonly after: () => Promise<StageFigures>;
  readonly things: string;
  readonly plays: number;
}

function requireEpoch(planned: PlanOutput): PlannedEpoch {
  if (planned.kind !== "epoch") throw new Error(`the planner was ${planned.kind}`);
  return planned;
}
