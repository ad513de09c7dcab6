import { deployedDefaults } from "./deployed-defaults.ts";
import { memoryMbOf } from "./deployment.ts";
import { type CellMeasure, type StageMeasure, type StageName, stageNames, type Work } from "./measure.ts";

/** How long a request to DynamoDB takes, s: an assumption. */
export const requestSeconds = 0.005;
/** From this on a function has a whole vCPU, MB. */
export const vcpuMemoryMb = 1769;

/** CPU time of a stage, ms of the machine that measured. */
export interface CpuRate {
  /** Whatever it has to do. */
  readonly base: number;
  /** For each thing. */
  readonly each: number;
}

export type CpuRates = Readonly<Record<StageName, CpuRate>>;

/**
 * The rates of which both cells follow, neither of them sampled and each with one worker; of the steps after several workers what
 * they take in a cell that has these.
 */
export function cpuRatesOf(small: CellMeasure, large: CellMeasure, shared: CellMeasure): CpuRates {
  return Object.fromEntries(
    stageNames.map((stage) => {
      if (large.stages[stage].invocations === 0)
        return [stage, { base: pointOf(shared.stages[stage]).ms, each: 0 }];
      const [a, b] = [small, large].map(({ stages }) => pointOf(stages[stage]));
      return [stage, lineThrough(a ?? nothing, b ?? nothing)];
    }),
  ) as unknown as CpuRates;
}

/** How long all of a stage's invocations for one tick take together, s: CPU time on a share of a vCPU, and waiting for requests. */
export function stageSeconds(cell: CellMeasure, stage: StageName, rates: CpuRates): number {
  const { invocations, work } = cell.stages[stage];
  return secondsOf(cell, stage, rates, { invocations, ...work });
}

/** How long the invocation takes that has most to do, s; 0 where there is none. */
export function longestSeconds(cell: CellMeasure, stage: StageName, rates: CpuRates): number {
  const { invocations, longest } = cell.stages[stage];
  return invocations === 0 ? 0 : secondsOf(cell, stage, rates, { invocations: 1, ...longest });
}

function secondsOf(
  { readMs }: CellMeasure,
  stage: StageName,
  rates: CpuRates,
  { invocations, things, playsRead, rounds }: Work & Pick<StageMeasure, "invocations">,
): number {
  const { base, each } = rates[stage];
  const cpuSeconds = (base * invocations + each * things + (readMs[stage] ?? 0) * playsRead) / 1000;
  return cpuSeconds / Math.min(1, memoryMbOf(stage) / vcpuMemoryMb) + rounds * requestSeconds;
}

export const workflowStages = stageNames.filter((stage) => stage !== "consume");

/** How long the stages of an epoch that folds profiles take, one after the other, s. */
export function foldingEpochSeconds(cell: CellMeasure, rates: CpuRates): number {
  return workflowStages.reduce((sum, stage) => sum + longestSeconds(cell, stage, rates), 0);
}

/** The same in the mean of all epochs, s. */
export function epochSeconds(cell: CellMeasure, rates: CpuRates): number {
  const { folds } = cell;
  const folding = folds.workers.length / folds.epochs;
  const folded = longestSeconds(cell, "user-behavior", rates) + longestSeconds(cell, "listeners", rates);
  const idle = rates["user-behavior"].base / 1000 + requestSeconds;
  return foldingEpochSeconds(cell, rates) - (1 - folding) * Math.max(0, folded - idle);
}

/** Whether the workers keep up: the whole tick in one epoch, in the mean within a tick, and each stage within its time. */
export function keepsUp(cell: CellMeasure, rates: CpuRates): boolean {
  const longest = Math.max(...workflowStages.map((stage) => longestSeconds(cell, stage, rates)));
  return (
    cell.plays <= deployedDefaults.maxEpochPlays &&
    longest <= deployedDefaults.stageTimeoutSeconds &&
    epochSeconds(cell, rates) <= cell.options.tickSeconds
  );
}

interface Point {
  readonly things: number;
  readonly ms: number;
}

const nothing: Point = { things: 0, ms: 0 };

function lineThrough(a: Point, b: Point): CpuRate {
  const each = b.things === a.things ? 0 : Math.max(0, (b.ms - a.ms) / (b.things - a.things));
  return { each, base: Math.max(0, a.ms - each * a.things) };
}

/** One invocation, in the mean of all. */
function pointOf({ cpuMs, work, invocations }: StageMeasure): Point {
  return invocations === 0 ? nothing : { ms: cpuMs / invocations, things: work.things / invocations };
}
