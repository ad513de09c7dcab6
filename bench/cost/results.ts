import type { CellMeasure } from "./measure.ts";
import type { NaiveMeasure } from "./naive-consumer.ts";
import type { CpuRates } from "./stage-time.ts";

/** Everything that docs/cost.md is made of. */
export interface Results {
  /** ISO 8601 date. */
  readonly date: string;
  /** Every size with every tick, sizes first. */
  readonly cells: readonly CellMeasure[];
  readonly rates: CpuRates;
  readonly naiveTotals: NaiveMeasure;
  readonly naiveWindows: NaiveMeasure;
  /** A cell of which every key was metered, and the same one sampled. */
  readonly full: CellMeasure;
  readonly sampled: CellMeasure;
  /** The same cell after different times. */
  readonly ages: readonly CellMeasure[];
  /** A small cell with the default shards, and the same with one. */
  readonly manyShards: CellMeasure;
  readonly oneShard: CellMeasure;
  readonly playsPerBlock: number;
  /** Mean size of a gzip block of so many plays, bytes. */
  readonly blockBytes: number;
  /** CPU time of one pushed message through the SDK, s. */
  readonly sendCpuSeconds: number;
}
