import { cpus, release, totalmem } from "node:os";
import type { HdrHistogram, Quantile } from "./hdr-histogram.ts";
import type { LoadResult, LoadSample, MemoryAt } from "./run-load.ts";
import { errorRateOf, type Judgement, judge, longestLagMs, type Thresholds } from "./thresholds.ts";
import { type Trend, trendOf } from "./trend.ts";

/** What was asked for, as it is shown. */
export interface LoadRequest {
  readonly profile: string;
  /** Plays/s. */
  readonly rate: number;
  readonly durationMs: number;
  /** Undefined for the embedded runtime that the load started. */
  readonly endpoint: string | undefined;
  readonly shards: number | undefined;
  readonly tickMs: number | undefined;
  readonly dedupeHorizonMs: number | undefined;
  readonly users: number;
  readonly songs: number;
}

export interface Latency {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly longestMs: number;
  readonly curve: readonly Quantile[];
}

/** Growth of the target's memory from the first horizon on, bytes and bytes a minute. */
export interface MemoryTrends {
  /** Heap, buffers and typed arrays that are in use after a collection. */
  readonly used: Trend;
  readonly resident: Trend;
}

/** A run as a report shows it and as JSON. */
export interface LoadSummary {
  readonly request: LoadRequest;
  readonly startedAt: string;
  readonly machine: {
    readonly node: string;
    readonly cpu: string;
    readonly cores: number;
    readonly memoryBytes: number;
    readonly system: string;
  };
  readonly tookMs: number;
  readonly plays: LoadResult["plays"];
  readonly errorRate: number;
  readonly reasons: readonly (readonly [reason: string, sends: number])[];
  readonly missing: number | undefined;
  readonly acknowledged: Latency;
  readonly pushed: Latency | undefined;
  /** Acknowledged plays/s, on average and in the best second. */
  readonly throughput: number;
  readonly longestLagMs: number | undefined;
  readonly longestUncountedMs: number | undefined;
  /** CPU time, ms, per second of the run. */
  readonly targetCpu: number | undefined;
  readonly ownCpu: number | undefined;
  readonly memory: MemoryTrends | undefined;
  /** CPU of this rate as a multiple of a tenth's. */
  readonly cpuRatio: number | undefined;
  readonly samples: readonly LoadSample[];
  readonly memorySamples: readonly MemoryAt[];
  readonly judgements: readonly Judgement[];
}

/** @param cpuOfTenth CPU time of the target, ms a second, at a tenth of the rate */
export function summarise(
  request: LoadRequest,
  startedAt: Date,
  result: LoadResult,
  thresholds: Thresholds,
  cpuOfTenth?: number,
): LoadSummary {
  const { samples, plays, tookMs } = result;
  const errorRate = errorRateOf(result);
  const acknowledged = latencyOf(result.acknowledged);
  const lagMs = longestLagMs(samples);
  const memory = memoryTrends(result.memory, request.dedupeHorizonMs ?? 0);
  const targetCpu = cpuPerSecond(samples, ({ targetCpuMs }) => targetCpuMs);
  const cpuRatio = targetCpu === undefined || cpuOfTenth === undefined ? undefined : targetCpu / cpuOfTenth;
  const memoryGrowth = memory === undefined ? undefined : (100 * memory.used.slope) / memory.used.mean;
  const uncounted = samples.flatMap(({ uncountedMs }) => uncountedMs ?? []);
  return {
    ...{ request, startedAt: startedAt.toISOString(), machine: thisMachine(), tookMs, plays, errorRate },
    reasons: [...result.reasons].toSorted(([, a], [, b]) => b - a),
    missing: result.missing,
    ...{ acknowledged, pushed: result.pushed.total === 0 ? undefined : latencyOf(result.pushed) },
    throughput: (1000 * plays.acknowledged) / tookMs,
    longestLagMs: lagMs,
    longestUncountedMs: uncounted.length === 0 ? undefined : Math.max(...uncounted),
    ...{ targetCpu, ownCpu: cpuPerSecond(samples, ({ ownCpuMs }) => ownCpuMs), memory, cpuRatio },
    ...{ samples, memorySamples: result.memory },
    judgements: judge(thresholds, { errorRate, p95Ms: acknowledged.p95Ms, lagMs, memoryGrowth, cpuRatio }),
  };
}

function latencyOf(histogram: HdrHistogram): Latency {
  return {
    ...{ count: histogram.total, meanMs: histogram.meanMs },
    ...{ p50Ms: histogram.percentile(0.5), p95Ms: histogram.percentile(0.95) },
    ...{ p99Ms: histogram.percentile(0.99), p999Ms: histogram.percentile(0.999) },
    ...{ longestMs: histogram.longestMs, curve: histogram.curve() },
  };
}

/** The first seconds, in which code is compiled, are left out: this share of the run. */
const warmUpShare = 0.2;

/** CPU time of a process, ms a second, after it is warm; undefined where it is not known. */
export function cpuPerSecond(
  samples: readonly LoadSample[],
  cpuOf: (sample: LoadSample) => number | undefined,
): number | undefined {
  const first = samples[Math.floor(samples.length * warmUpShare)];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || first === last) return undefined;
  const [before, after] = [cpuOf(first), cpuOf(last)];
  if (before === undefined || after === undefined) return undefined;
  return (1000 * (after - before)) / (last.atMs - first.atMs);
}

const minuteMs = 60_000;

/** Before a horizon is over, what it keeps grows by its nature. */
function memoryTrends(memory: readonly MemoryAt[], horizonMs: number): MemoryTrends | undefined {
  const later = memory.filter(({ atMs }) => atMs >= horizonMs);
  const used = trendOf(later.map((m) => [m.atMs / minuteMs, m.heapBytes + m.externalBytes]));
  const resident = trendOf(later.map((m) => [m.atMs / minuteMs, m.residentBytes]));
  return used === undefined || resident === undefined ? undefined : { used, resident };
}

function thisMachine(): LoadSummary["machine"] {
  const [cpu] = cpus();
  return {
    node: process.version,
    cpu: cpu?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${process.platform} ${release()}`,
  };
}
