import type { LoadResult, LoadSample } from "./run-load.ts";

/** What a run must keep to; undefined is not asked. */
export interface Thresholds {
  /** Plays that failed or were dropped, as a share of all. */
  readonly maxErrorRate?: number | undefined;
  /** Put to acknowledged, ms. */
  readonly maxP95Ms?: number | undefined;
  /** Put and not consumed, ms: the longest that was seen. */
  readonly maxLagMs?: number | undefined;
  /** Memory after a collection, from the first horizon on, percent a minute. */
  readonly maxMemoryGrowth?: number | undefined;
  /** CPU time, as a multiple of what a tenth of the rate takes. */
  readonly maxCpuRatio?: number | undefined;
}

/** A threshold and what was seen. */
export interface Judgement {
  readonly name: string;
  readonly asked: string;
  readonly seen: string;
  readonly isMet: boolean;
}

/** What thresholds are held against. */
export interface Seen {
  readonly errorRate: number;
  readonly p95Ms: number;
  /** Undefined where there is no HTTP API to ask. */
  readonly lagMs: number | undefined;
  readonly memoryGrowth: number | undefined;
  readonly cpuRatio: number | undefined;
}

/** Each threshold that is asked; what could not be seen is not met. */
export function judge(thresholds: Thresholds, seen: Seen): readonly Judgement[] {
  const { maxErrorRate, maxP95Ms, maxLagMs, maxMemoryGrowth, maxCpuRatio } = thresholds;
  return [
    ...judged("error rate", maxErrorRate, seen.errorRate, percent),
    ...judged("put to acknowledged, p95", maxP95Ms, seen.p95Ms, ms),
    ...judged("lag", maxLagMs, seen.lagMs, ms),
    ...judged(
      "memory growth a minute",
      maxMemoryGrowth,
      seen.memoryGrowth,
      (value) => `${value.toFixed(2)} %`,
    ),
    ...judged(
      "CPU of ten times the plays",
      maxCpuRatio,
      seen.cpuRatio,
      (value) => `${value.toFixed(2)} times`,
    ),
  ];
}

function judged(
  name: string,
  most: number | undefined,
  seen: number | undefined,
  show: (value: number) => string,
): readonly Judgement[] {
  if (most === undefined) return [];
  const isKnown = seen !== undefined && !Number.isNaN(seen);
  return [
    {
      name,
      asked: `at most ${show(most)}`,
      seen: isKnown ? show(seen) : "not seen",
      isMet: isKnown && seen <= most,
    },
  ];
}

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.001 ? 4 : 2)} %`;
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

/** The share of plays that did not get in. */
export const errorRateOf = ({ plays }: LoadResult): number => (plays.failed + plays.dropped) / plays.due;

/** A second in which the API did not answer is a second of unknown lag; so many do not matter, as a share. */
const toleratedUnknown = 0.1;

/** The longest lag that was seen, ms; undefined where it was not seen for too many seconds. */
export function longestLagMs(samples: readonly LoadSample[]): number | undefined {
  const lags = samples.flatMap(({ lagMs }) => lagMs ?? []);
  if (lags.length === 0 || lags.length < samples.length * (1 - toleratedUnknown)) return undefined;
  return Math.max(...lags);
}
