import type { EpochRecord } from "#src/domain/epoch.ts";
import { nextEpoch } from "#src/domain/next-epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { type Head, noCounts, type Position, type ShardKey } from "#src/domain/position.ts";
import { mostParts } from "#src/domain/profile-fold.ts";
import { mostWorkers } from "#src/workflow/trending-pipeline.ts";
import { deployedDefaults } from "./deployed-defaults.ts";
import { World } from "./world.ts";

/** How an epoch is divided among workers: `playsPerWorker` for counters, `maxWorkerPlays` for profiles. */
export interface WorkerSettings {
  readonly playsPerWorker: number;
  readonly maxWorkerPlays: number;
  readonly maxWorkers: number;
}

/** Plays that come in steadily. */
export interface SteadyLoad {
  /** Plays a second. */
  readonly rate: number;
  readonly tickSeconds: number;
  readonly profileTickSeconds: number;
}

/** Folds of profiles that follow each other, all alike. */
export interface FoldCycle {
  /** Plays that a fold takes in. */
  readonly plays: number;
  readonly parts: number;
  /** How many workers each of the epochs has that fold, one after the other. */
  readonly workers: readonly number[];
  /** From the beginning of a fold to that of the next. */
  readonly epochs: number;
}

/** As many folds as it takes to tell: those that catch up are alike from the second or third on. */
const mostFolds = 20;

/**
 * How the planner folds profiles where every epoch has the plays of a tick; undefined where it does not catch up, so that each
 * fold has more parts than the one before.
 */
export function foldCycleOf(load: SteadyLoad, workers: WorkerSettings): FoldCycle | undefined {
  let before: FoldCycle | undefined;
  let folds = 0;
  for (const fold of foldsOf(load, workers)) {
    if (before !== undefined && isAlike(before, fold)) return fold;
    if (folds++ > mostFolds || fold.parts > mostFolds * mostParts) return undefined;
    before = fold;
  }
  return undefined;
}

/** Fold after fold, from a service's first epoch on. */
function* foldsOf(
  { rate, tickSeconds, profileTickSeconds }: SteadyLoad,
  { maxWorkerPlays, maxWorkers }: WorkerSettings,
): Generator<FoldCycle> {
  const rule = { profileTickMs: profileTickSeconds * 1000, maxProfilePlays: maxWorkerPlays, maxWorkers };
  let record: EpochRecord | undefined;
  let fold: FoldCycle | undefined;
  for (let epoch = 1; ; epoch++) {
    const clock = (steadyFrom + epoch * tickSeconds * 1000) as EpochMs;
    record = nextEpoch(record, [headOf(epoch, epoch * rate * tickSeconds)], clock, "store", rule);
    if (record?.profiles === undefined) throw new Error("a steady load has an epoch in each tick");
    const { from, to, parts, done, folding } = record.profiles;
    if (folding > 0 && done === 0) {
      if (fold !== undefined) yield fold;
      fold = { plays: to.plays - from.plays, parts, workers: [], epochs: 0 };
    }
    if (fold === undefined) throw new Error("the first epoch folds");
    const workers = folding > 0 ? [...fold.workers, folding] : fold.workers;
    fold = { ...fold, workers, epochs: fold.epochs + 1 };
  }
}

const steadyFrom = Date.parse("2026-11-20T20:30:00Z");

const headOf = (epoch: number, plays: number): Head => ({
  shard: "plays/shardId-0" as ShardKey,
  position: String(epoch).padStart(8, "0") as Position,
  counts: { ...noCounts, plays },
  arrivedAt: steadyFrom as EpochMs,
});

const isAlike = (a: FoldCycle, b: FoldCycle): boolean =>
  a.plays === b.plays && a.epochs === b.epochs && a.parts === b.parts;

/**
 * The workers as they are deployed; where profiles do not catch up with these, as many as the workflow runs at once, each with
 * as many plays as it takes.
 */
export function workersThatCatchUp(load: SteadyLoad): WorkerSettings {
  const { playsPerWorker, maxWorkerPlays, maxWorkers } = deployedDefaults;
  const deployed = { playsPerWorker, maxWorkerPlays, maxWorkers };
  if (foldCycleOf(load, deployed) !== undefined) return deployed;
  const plays = (load.rate * load.tickSeconds) / mostWorkers;
  return { playsPerWorker, maxWorkerPlays: Math.ceil(plays / 1000) * 1000, maxWorkers: mostWorkers };
}

/**
 * Workers that have so much to do that a fold of 16,000 plays/s waits until its 15 minutes are over: 45 parts, where one of 64
 * begins before. By count only: no worker folds so many plays within its 60 s.
 */
export const foldsOfATick: WorkerSettings = {
  playsPerWorker: deployedDefaults.playsPerWorker,
  maxWorkerPlays: 320_000,
  maxWorkers: deployedDefaults.maxWorkers,
};

/** What a fold of several epochs' plays writes, beside one of an epoch's own. */
export interface ProfileShare {
  /** Listeners whose profile is written, of those who played in the epoch. */
  readonly profiles: number;
  /** What a fold brings to a listener; 0 for what the epoch does. */
  readonly playsOfListener: number;
}

/** Counted from the simulator: how many distinct listeners played in the time of a fold, and in an epoch. */
export function profileShareOf(
  { plays }: Pick<FoldCycle, "plays">,
  { rate, tickSeconds }: SteadyLoad,
  seed: number,
): ProfileShare {
  const foldSeconds = plays / rate;
  if (foldSeconds <= tickSeconds) return { profiles: 1, playsOfListener: 0 };
  const folded = listenersPerPlay(foldSeconds, seed);
  return { profiles: folded / listenersPerPlay(tickSeconds, seed), playsOfListener: 1 / folded };
}

/** Enough plays to tell how many listeners there are for a play: it does not depend on the rate, only on the time. */
const countedRate = 100;
const counted = new Map<string, number>();

function listenersPerPlay(seconds: number, seed: number): number {
  const key = `${seconds} ${seed}`;
  const known = counted.get(key);
  if (known !== undefined) return known;
  const simulator = new World(countedRate, seed).createSimulator();
  const plays = Math.round(countedRate * seconds);
  const listeners = new Set<string>();
  for (let i = 0; i < plays; i++)
    listeners.add(simulator.next(Math.floor(steadyFrom + (i * 1000) / countedRate) as EpochMs).userId);
  counted.set(key, listeners.size / plays);
  return listeners.size / plays;
}
