import { type CellMeasure, type StageMeasure, type StageName, stageNames } from "./cell.ts";
import { deployedDefaults } from "./deployed-defaults.ts";
import { memoryMbOf } from "./deployment.ts";

/** How long a request to DynamoDB takes, s: an assumption. */
export const requestSeconds = 0.005;
/** From this on a function has a whole vCPU, MB. */
export const vcpuMemoryMb = 1769;

/** CPU time of a stage: some whatever it has to do, and some for each thing, ms of the machine that measured. */
export interface CpuRate {
  readonly base: number;
  readonly each: number;
}

export type CpuRates = Readonly<Record<StageName, CpuRate>>;

/** The rates of which both cells follow, neither of them sampled. */
export function cpuRatesOf(small: CellMeasure, large: CellMeasure): CpuRates {
  return Object.fromEntries(
    stageNames.map((stage) => {
      const [a, b] = [small, large].map((cell) => ({
        ms: msPerInvocation(cell, stage),
        things: thingsOf(cell, stage),
      }));
      return [stage, lineThrough(a ?? nothing, b ?? nothing)];
    }),
  ) as unknown as CpuRates;
}

/** How long one invocation of a stage takes, s: its CPU time on its share of a vCPU, and the requests it waits for. */
export function invocationSeconds(cell: CellMeasure, stage: StageName, rates: CpuRates): number {
  const { base, each } = rates[stage];
  const cpuSeconds = (base + each * thingsOf(cell, stage)) / 1000;
  const { rounds, invocations } = cell.stages[stage];
  return cpuSeconds / Math.min(1, memoryMbOf(stage) / vcpuMemoryMb) + (rounds / invocations) * requestSeconds;
}

/** How long the stages of one epoch take, one after the other, s. */
export function epochSeconds(cell: CellMeasure, rates: CpuRates): number {
  return workflowStages.reduce((sum, stage) => sum + invocationSeconds(cell, stage, rates), 0);
}

export const workflowStages = stageNames.filter((stage) => stage !== "consume");

/** Whether today's one worker a stage keeps up: the whole tick in one epoch, and that within a tick. */
export function keepsUp(cell: CellMeasure, rates: CpuRates): boolean {
  const longest = Math.max(...workflowStages.map((stage) => invocationSeconds(cell, stage, rates)));
  return (
    cell.plays <= deployedDefaults.maxWorkerPlays &&
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

const msPerInvocation = (cell: CellMeasure, stage: StageName): number => {
  const { cpuMs, invocations }: StageMeasure = cell.stages[stage];
  return cpuMs / invocations;
};

/** What an invocation's time grows with: plays, counters or listeners. */
function thingsOf({ plays, stages, keys }: CellMeasure, stage: StageName): number {
  if (stage === "consume") return plays / stages.consume.invocations;
  if (stage === "reduce") return keys.songs.count + keys.artists.count + keys.dimensions.count;
  return stage === "user-behavior" ? keys.profiles.count : 0;
}
