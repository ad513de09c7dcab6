import { lambdaDollars, logDollars, metricDollars, traceDollars, tracesOf } from "./charges.ts";
import { deployedDefaults } from "./deployed-defaults.ts";
import type { CellMeasure } from "./measure.ts";
import { gb, million, prices } from "./prices.ts";
import { vcpuMemoryMb } from "./stage-time.ts";

/** CPU time of a play in a batch, s of a whole vCPU: measured once (docs/adr/0010). */
export const archiveCpuSeconds = 15e-6;
/** How long a PUT takes, s: an assumption. */
export const putSeconds = 0.05;

/** Dollars for a million plays. */
export interface ArchiveBill {
  /** The stream's second reader. */
  readonly reading: number;
  readonly puts: number;
  /** For one month. */
  readonly storage: number;
  readonly lambda: number;
  readonly watching: number;
}

export const totalArchiveDollars = (bill: ArchiveBill): number =>
  Object.values<number>({ ...bill }).reduce((sum, part) => sum + part, 0);

/** What archiving a million plays costs, each of them a record. */
export function archiveBillOf({ options: { rate }, playBytes, archive }: CellMeasure): ArchiveBill {
  const { plays, bytes, logBytes, metrics } = archive;
  const batches = million / plays;
  const cpuShare = deployedDefaults.lightMemoryMb / vcpuMemoryMb;
  const seconds = batches * putSeconds + (million * archiveCpuSeconds) / cpuShare;
  return {
    reading: ((million * playBytes) / gb) * prices.kinesisGbOut.dollars,
    puts: (batches / million) * prices.s3Puts.dollars,
    storage: ((batches * bytes) / gb) * prices.s3GbMonth.dollars,
    lambda: lambdaDollars(batches, seconds, deployedDefaults.lightMemoryMb),
    watching:
      logDollars(batches * logBytes) +
      traceDollars(tracesOf(million / rate, batches)) +
      metricDollars(metrics.length, rate),
  };
}
