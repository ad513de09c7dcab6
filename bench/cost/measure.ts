import { type WorkflowResource, workflowResources } from "#src/workflow/trending-pipeline.ts";
import type { ArchivedBatch } from "./archived-batch.ts";
import { addUsage, noUsage, type Usage } from "./meter.ts";
import type { FoldCycle, WorkerSettings } from "./profile-tick.ts";

export interface CellOptions {
  /** Plays a second. */
  readonly rate: number;
  readonly tickSeconds: number;
  /** How often profiles are folded, s: 0 for every epoch. */
  readonly profileTickSeconds: number;
  /** How an epoch is divided among workers. */
  readonly workers: WorkerSettings;
  /** The most workers of a stage that are run; more are scaled. @default all */
  readonly mostRun?: number;
  readonly shards: number;
  /** How long the service has run at this rate. */
  readonly ageDays: number;
  /** How many songs, artists and listeners are metered each; the rest is scaled. */
  readonly sampleSize: number;
  readonly seed: number;
}

/** The functions that an epoch's plays go through; a run releases its lease only where it fails. */
export type StageName = "consume" | Exclude<WorkflowResource, "release">;
export const stageNames: readonly StageName[] = [
  "consume",
  ...workflowResources.filter((name) => name !== "release"),
];

/** What time grows with. */
export interface Work {
  /** Plays that are consumed, counters or profiles. */
  readonly things: number;
  /** Plays of segments that a worker reads though most of them are the other workers'; 0 for an only worker. */
  readonly playsRead: number;
  /** Requests that had to wait for those before. */
  readonly rounds: number;
}

/** What one tick asks of one function: of all of its invocations together, and of the one that has most to do. */
export interface StageMeasure {
  /** A fraction where a function is not invoked in each tick. */
  readonly invocations: number;
  readonly usage: Usage;
  /** CPU time of this process (DynamoDB Local is another): of this machine, different in every run; scaled for profiles only. */
  readonly cpuMs: number;
  readonly work: Work;
  readonly longest: Work;
  readonly logBytes: number;
  /** Names of the metrics it published. */
  readonly metrics: readonly string[];
}

export interface CellMeasure {
  readonly options: CellOptions;
  readonly plays: number;
  /** Mean size of a play as JSON, bytes. */
  readonly playBytes: number;
  /** How many workers MapReduce has in an epoch. */
  readonly workers: number;
  readonly folds: FoldCycle;
  readonly stages: Readonly<Record<StageName, StageMeasure>>;
  /** CPU time that a worker of several takes for each play that it reads, most of them not its own, ms; undefined where there is one. */
  readonly readMs: Readonly<Partial<Record<StageName, number>>>;
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

const noWork: Work = { things: 0, playsRead: 0, rounds: 0 };

/** A function that is not invoked. */
export const notInvoked: StageMeasure = {
  invocations: 0,
  usage: noUsage(),
  cpuMs: 0,
  work: noWork,
  longest: noWork,
  logBytes: 0,
  metrics: [],
};

/** Invocations of one function, one after the other or side by side. */
export function addMeasures(a: StageMeasure, b: StageMeasure): StageMeasure {
  return {
    invocations: a.invocations + b.invocations,
    usage: addUsage(a.usage, b.usage),
    cpuMs: a.cpuMs + b.cpuMs,
    work: {
      things: a.work.things + b.work.things,
      playsRead: a.work.playsRead + b.work.playsRead,
      rounds: a.work.rounds + b.work.rounds,
    },
    longest: b.longest.things > a.longest.things || a.invocations === 0 ? b.longest : a.longest,
    logBytes: a.logBytes + b.logBytes,
    metrics: [...new Set([...a.metrics, ...b.metrics])],
  };
}

/** The usage of all stages together. */
export function cellUsage({ stages }: Pick<CellMeasure, "stages">): Usage {
  return stageNames.map((name) => stages[name].usage).reduce(addUsage, noUsage());
}
