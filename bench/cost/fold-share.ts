import { addMeasures, notInvoked, type StageMeasure } from "./measure.ts";
import { type Kind, mapUsage, scaleUnits } from "./meter.ts";
import type { FoldCycle, ProfileShare } from "./profile-tick.ts";

/** UserBehavior as it was measured: one epoch that folds the plays of its tick, with as many workers as a fold has at once. */
export interface MeasuredFold {
  /** All workers together. */
  readonly workers: StageMeasure;
  /** The step after them; not invoked where there is one. */
  readonly listeners: StageMeasure;
  /** An epoch that folds nothing; not invoked where every epoch folds. */
  readonly idle: StageMeasure;
}

/**
 * What folds take in the mean of all ticks. Each part of a fold is one worker's; it reads the segments of the whole fold, and the
 * profiles of all parts are as many as there are listeners in the fold's time.
 */
export function meanOfTicks(
  { workers, listeners, idle }: MeasuredFold,
  cycle: FoldCycle,
  share: ProfileShare,
): Readonly<Record<"user-behavior" | "listeners", StageMeasure>> {
  const parts = cycle.parts / workers.invocations;
  const ticks = cycle.epochs;
  const perTick = parts / ticks;
  const factors: Partial<Record<Kind, number>> = { profiles: share.profiles, segments: parts };
  const profilesOfPart = (workers.work.things * share.profiles * ticks) / cycle.parts;
  const profilesMeasured = workers.work.things / workers.invocations;
  const waits = Math.max(1, slicesOf(profilesOfPart) / slicesOf(profilesMeasured));
  const longest = {
    things: profilesOfPart,
    playsRead: cycle.parts > 1 ? cycle.plays : 0,
    rounds: workers.longest.rounds * waits,
  };
  const folded: StageMeasure = {
    ...workers,
    invocations: workers.invocations * perTick,
    usage: mapUsage(workers.usage, (units, kind) => scaleUnits(units, factors[kind] ?? perTick)),
    cpuMs: workers.cpuMs * share.profiles,
    work: {
      things: workers.work.things * share.profiles,
      playsRead: (longest.playsRead * cycle.parts) / ticks,
      rounds: workers.work.rounds * waits * perTick,
    },
    longest,
    logBytes: workers.logBytes * perTick,
  };
  const shared = cycle.workers.filter((each) => each > 1).length;
  return {
    "user-behavior": addMeasures(folded, times(idle, (ticks - cycle.workers.length) / ticks)),
    listeners: times(listeners, shared / ticks),
  };
}

/**
 * Counters with more workers than were run: each of the others reads as much, leaves as much and is invoked, and what there is to
 * write is the same. The step after them reads what more of them have left.
 */
export function withWorkers(
  { reduce, charts }: Readonly<Record<"reduce" | "charts", StageMeasure>>,
  workers: number,
): Readonly<Record<"reduce" | "charts", StageMeasure>> {
  const factor = workers / reduce.invocations;
  if (factor === 1) return { reduce, charts };
  const ofEach: readonly Kind[] = ["segments", "lists", "epochs"];
  const { work, longest } = reduce;
  return {
    reduce: {
      ...reduce,
      invocations: workers,
      usage: mapUsage(reduce.usage, (units, kind) => scaleUnits(units, ofEach.includes(kind) ? factor : 1)),
      work: { ...work, playsRead: work.playsRead * factor, rounds: work.rounds * factor },
      longest: { ...longest, things: longest.things / factor },
      logBytes: reduce.logBytes * factor,
    },
    charts: {
      ...charts,
      usage: mapUsage(charts.usage, (units) => ({ ...units, readUnits: units.readUnits * factor })),
    },
  };
}

/** A worker takes so many profiles at once, and waits for these. */
const slicesOf = (profiles: number): number => Math.ceil(profiles / 500);

/** A function that is invoked in a share of the ticks. */
function times(stage: StageMeasure, factor: number): StageMeasure {
  if (factor === 0) return notInvoked;
  return {
    ...stage,
    invocations: stage.invocations * factor,
    usage: mapUsage(stage.usage, (units) => scaleUnits(units, factor)),
    cpuMs: stage.cpuMs * factor,
    work: {
      things: stage.work.things * factor,
      playsRead: stage.work.playsRead * factor,
      rounds: stage.work.rounds * factor,
    },
    logBytes: stage.logBytes * factor,
  };
}
