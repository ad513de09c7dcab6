import type { ChartList } from "./chart.ts";
import { type Admission, type Nomination, nominate } from "./chart-candidates.ts";
import {
  artistPrefix,
  type Counter,
  type CounterDelta,
  type Dimension,
  dimensionPrefix,
  dimensions,
  songPrefix,
} from "./counter.ts";
import type { EpochMs } from "./play.ts";
import { type ChartWindow, chartWindows, windowOf } from "./windows.ts";

/** The chart of a dimension's values. */
export const listOfDimension = {
  genre: "genres",
  platform: "platforms",
  mood: "moods",
  country: "countries",
} as const satisfies Record<Dimension, ChartList>;
export type DimensionList = (typeof listOfDimension)[Dimension];

/** Values are few and their shares move slowly: two windows tell it (ADR 16). */
export const dimensionWindows = ["day", "all"] as const satisfies readonly ChartWindow[];

/** Counters of one kind and their charts. */
export interface ChartedCounters {
  readonly list: ChartList;
  /** What their keys start with; the rest of a key is the candidate's id. */
  readonly prefix: string;
  readonly windows: readonly ChartWindow[];
  /** The artist of a candidate whose counter has no label. */
  readonly artistOf: (id: string) => string;
}

export const chartedCounters: readonly ChartedCounters[] = [
  { list: "songs", prefix: songPrefix, windows: chartWindows, artistOf: () => "" },
  { list: "artists", prefix: artistPrefix, windows: chartWindows, artistOf: (name) => name },
  ...dimensions.map((dimension) => ({
    list: listOfDimension[dimension],
    prefix: dimensionPrefix(dimension),
    windows: dimensionWindows,
    artistOf: () => "",
  })),
];

/** The charts that a counter may stand in; undefined where its kind has none. */
export const chartsOf = (key: string): ChartedCounters | undefined =>
  chartedCounters.find(({ prefix }) => key.startsWith(prefix));

/** `nominate` for a counter of this kind, in the windows that have charts of it. */
export function nominateFor(
  { prefix, windows, artistOf }: ChartedCounters,
  delta: CounterDelta,
  counter: Counter,
  now: EpochMs,
  admits?: Admission,
): readonly Nomination[] {
  const id = counter.key.slice(prefix.length);
  const nominations = nominate(id, artistOf(id), delta, counter, now, admits);
  if (windows === chartWindows) return nominations;
  return nominations.filter(({ window }) => windows.includes(windowOf(window)));
}
