import { whole } from "./markdown.ts";
import { type CellMeasure, cellUsage } from "./measure.ts";
import { type Kind, totalUnits, type Units } from "./meter.ts";

/** How the page calls a row: plays a second, and the tick. */
export const nameOf = ({ options }: CellMeasure): readonly [rate: string, tick: string] => [
  whole(options.rate),
  `${options.tickSeconds} s`,
];

/** The most workers of an epoch: for counters, and for profiles while they are folded. */
export const workersOf = ({ workers, folds }: CellMeasure): string =>
  `${workers}, ${Math.max(...folds.workers)}`;

/** The units of all stages for one play. */
export function perPlayOf(cell: CellMeasure): Pick<Units, "writeUnits" | "readUnits"> {
  const { writeUnits, readUnits } = totalUnits(cellUsage(cell));
  return { writeUnits: writeUnits / cell.plays, readUnits: readUnits / cell.plays };
}

export function writesPerPlay(cell: CellMeasure, kinds: readonly Kind[]): number {
  const usage = cellUsage(cell);
  return kinds.reduce((sum, kind) => sum + usage[kind].writeUnits, 0) / cell.plays;
}

/** The first cell of each size. */
export const sizesOf = (cells: readonly CellMeasure[]): readonly CellMeasure[] =>
  cells.filter((cell, i) => cells.findIndex(({ options }) => options.rate === cell.options.rate) === i);
