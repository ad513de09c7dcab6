import { lambdaDollars, logDollars, metricDollars, readDollars, traceDollars } from "./charges.ts";
import { deployedDefaults } from "./deployed-defaults.ts";
import { platformLogBytes } from "./logs.ts";
import type { CellMeasure } from "./measure.ts";
import { kb, million, prices } from "./prices.ts";
import { listenersPerRate } from "./world.ts";

/** CPU time of recounting a play, s of a whole vCPU: a million took 24 to 29 s of it. One thread does it. */
export const recountCpuSeconds = 27e-6;
/** How long a GET takes, s: an assumption. The reader waits for each. */
export const getSeconds = 0.02;
/** Of the 15 minutes an invocation has, those for recount and comparison (docs/operations.md, "Verification"), s. */
export const workSeconds = 600;
/** `verifyDays` of the bill. */
export const verifiedDays = 1;

const daySeconds = 86_400;
/** The day that is under way, on average, and two hours before the first (functions/verify/window-range.ts), days. */
const besideDays = 0.5 + 2 / 24;
/** How many days of the archive a run reads that compares so many. */
export const comparedDays = (days: number): number => days + besideDays;
/** It reads counters, then profiles: each a scan of the whole table, a unit for 4 KB. */
const scans = 2;
const bytesPerUnit = 4 * kb;
/** Drift and time: functions/verify/verify-handler.ts. */
export const verifyMetrics = 2;

/** One run, and what so many a day cost for a million plays. */
export interface VerifyRun {
  /** Plays that it recounts, and the objects in which they are. */
  readonly plays: number;
  readonly objects: number;
  /** Of recounting and reading the archive. */
  readonly seconds: number;
  readonly fits: boolean;
  readonly dollars: {
    readonly lambda: number;
    readonly gets: number;
    readonly scans: number;
    readonly watching: number;
  };
}

export const totalVerifyDollars = ({ dollars }: VerifyRun): number =>
  Object.values<number>({ ...dollars }).reduce((sum, part) => sum + part, 0);

/** A run that compares the windows of so many days; undefined for everything since the service began. */
export function verifyRunOf(cell: CellMeasure, days: number | undefined): VerifyRun {
  const { rate, ageDays } = cell.options;
  const plays = rate * daySeconds * (days === undefined ? ageDays : comparedDays(days));
  const objects = plays / cell.archive.plays;
  const seconds = plays * recountCpuSeconds + objects * getSeconds;
  const runs = million / (rate * deployedDefaults.verifyHours * 3600);
  const units = (scans * tableBytes(cell)) / bytesPerUnit;
  return {
    plays,
    objects,
    seconds,
    fits: seconds <= workSeconds,
    dollars: {
      lambda: runs * lambdaDollars(1, seconds, deployedDefaults.verifyMemoryMb),
      gets: runs * (objects / million) * prices.s3Gets.dollars,
      scans: runs * readDollars(units),
      watching: runs * (logDollars(platformLogBytes) + traceDollars(1)) + metricDollars(verifyMetrics, rate),
    },
  };
}

/** What the Counters table holds beside charts and records: counters and profiles. */
export const tableBytes = (cell: CellMeasure): number =>
  cell.countersBytes + cell.options.rate * listenersPerRate * cell.profileBytes;
