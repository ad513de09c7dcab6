import { archiveBillOf, totalArchiveDollars } from "./archive.ts";
import {
  lambdaDollars,
  logDollars,
  metricDollars,
  readDollars,
  traceDollars,
  tracesOf,
  writeDollars,
} from "./charges.ts";
import { deployedDefaults } from "./deployed-defaults.ts";
import { memoryMbOf } from "./deployment.ts";
import { onDemandDollars, type RecordLoad } from "./kinesis.ts";
import { platformLogBytes } from "./logs.ts";
import { type CellMeasure, cellUsage, type StageName, stageNames } from "./measure.ts";
import { totalUnits } from "./meter.ts";
import type { NaiveMeasure } from "./naive-consumer.ts";
import { gb, kb, million, monthSeconds, prices } from "./prices.ts";
import { type CpuRates, epochSeconds, requestSeconds, stageSeconds } from "./stage-time.ts";
import { totalVerifyDollars, verifiedDays, verifyRunOf } from "./verify.ts";
import { listenersPerRate } from "./world.ts";

export const parts = [
  "Kinesis",
  "DynamoDB writes",
  "DynamoDB reads",
  "DynamoDB storage",
  "Lambda",
  "Step Functions",
  "logs, metrics, traces",
  "archive",
  "verify",
] as const;
export type Part = (typeof parts)[number];

/** Dollars for a million plays. */
export type Bill = Readonly<Record<Part, number>>;

export const totalDollars = (bill: Bill): number => parts.reduce((sum, part) => sum + bill[part], 0);

/** The schedule starts the workflow once a minute, beside the tick. */
const scheduleSeconds = 60;
const expressMemoryGb = 64 / 1024;
/** How long StartExecution takes: an assumption. */
const startSeconds = 0.02;

/** Single JSON records into the default stream. */
export const singleRecords = ({ options, playBytes }: CellMeasure): RecordLoad => ({
  rate: options.rate,
  playsPerRecord: 1,
  recordBytes: playBytes,
});

/** What a million plays cost when every tick is like the one that was measured. */
export function billOf(cell: CellMeasure, rates: CpuRates): Bill {
  const ticks = million / cell.plays;
  const { tickSeconds } = cell.options;
  /** Runs that the schedule starts in vain. */
  const idleRuns = tickSeconds / scheduleSeconds;
  const units = totalUnits(cellUsage(cell));
  const idle = totalUnits(cell.idleRun);
  return {
    Kinesis: onDemandDollars(singleRecords(cell)),
    "DynamoDB writes": writeDollars(ticks * (units.writeUnits + idleRuns * idle.writeUnits)),
    "DynamoDB reads": readDollars(ticks * (units.readUnits + idleRuns * idle.readUnits)),
    "DynamoDB storage": storageDollars(cell),
    Lambda:
      ticks *
      (stagesDollars(cell, rates) + triggerDollars(1 + idleRuns) + idleRuns * planDollars(cell, rates)),
    "Step Functions": ticks * workflowDollars(1 + idleRuns, Math.max(tickSeconds, epochSeconds(cell, rates))),
    "logs, metrics, traces":
      ticks * watchingDollars(cell, 1 + idleRuns) + metricDollars(metricCount(cell), cell.options.rate),
    archive: totalArchiveDollars(archiveBillOf(cell)),
    verify: totalVerifyDollars(verifyRunOf(cell, verifiedDays)),
  };
}

/** The same plays through the naive consumer, which is invoked as often. */
export function naiveBillOf(cell: CellMeasure, naive: NaiveMeasure): Bill {
  const ticks = million / cell.plays;
  const { invocations } = cell.stages.consume;
  const cpuSeconds = naive.cpuMs / naive.plays / 1000;
  const waitSeconds = (naive.rounds / naive.plays) * requestSeconds;
  const seconds = ticks * cell.plays * Math.max(cpuSeconds, waitSeconds);
  return {
    Kinesis: onDemandDollars(singleRecords(cell)),
    "DynamoDB writes": writeDollars((million * totalUnits(naive.usage).writeUnits) / naive.plays),
    "DynamoDB reads": 0,
    "DynamoDB storage": 0,
    Lambda: lambdaDollars(ticks * invocations, seconds, deployedDefaults.heavyMemoryMb),
    "Step Functions": 0,
    "logs, metrics, traces":
      ticks *
      (logDollars(invocations * platformLogBytes) +
        traceDollars(tracesOf(cell.options.tickSeconds, invocations))),
    archive: 0,
    verify: 0,
  };
}

/** One tick's invocations of the consumer and of the workflow's functions. */
function stagesDollars(cell: CellMeasure, rates: CpuRates): number {
  return stageNames.reduce((sum, stage) => sum + stageDollars(cell, stage, rates), 0);
}

function stageDollars(cell: CellMeasure, stage: StageName, rates: CpuRates): number {
  const { invocations } = cell.stages[stage];
  return lambdaDollars(invocations, stageSeconds(cell, stage, rates), memoryMbOf(stage));
}

const planDollars = (cell: CellMeasure, rates: CpuRates): number => stageDollars(cell, "plan", rates);

/** The trigger waits for StartExecution, once. */
const triggerDollars = (runs: number): number =>
  lambdaDollars(runs, runs * startSeconds, deployedDefaults.lightMemoryMb);

/** Express runs, of which one is always under way. */
function workflowDollars(runs: number, seconds: number): number {
  return (
    (runs / million) * prices.expressRequests.dollars +
    seconds * expressMemoryGb * prices.expressGbSecond.dollars
  );
}

/** Logs and traces of one tick; the workflow's functions belong to the trace of the trigger. */
function watchingDollars(cell: CellMeasure, runs: number): number {
  const { tickSeconds } = cell.options;
  const bytes = stageNames.reduce((sum, stage) => sum + cell.stages[stage].logBytes, 0);
  const traces = tracesOf(tickSeconds, cell.stages.consume.invocations) + tracesOf(tickSeconds, runs);
  return logDollars(bytes + runs * platformLogBytes) + traceDollars(traces);
}

/** Custom metrics of the consumer and of the workflow's functions. */
export const metricCount = ({ stages }: CellMeasure): number =>
  stageNames.reduce((sum, stage) => sum + stages[stage].metrics.length, 0);

/** The plays' segments for as long as they are kept, and a month of the profiles that there are for so many plays. */
function storageDollars(cell: CellMeasure): number {
  const perGbMonth = prices.dynamoDbGbMonth.dollars + prices.dynamoDbBackupGbMonth.dollars;
  const segmentGb = (segmentBytes(cell) * million) / cell.plays / gb;
  const profileGb = ((listenersPerRate * million) / monthSeconds) * (cell.profileBytes / gb);
  return (segmentGb * (deployedDefaults.segmentRetentionDays / 30) + profileGb) * perGbMonth;
}

/** The segments of a tick: a transaction's units are doubled, and its second item is the head. */
function segmentBytes(cell: CellMeasure): number {
  const { writeUnits, requests } = cell.stages.consume.usage.segments;
  const appends = requests / 2; // each invocation reads the head and appends
  return Math.max(0, writeUnits / 2 - appends) * kb;
}
