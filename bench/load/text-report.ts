import type { Latency, LoadSummary, MemoryTrends } from "./summary.ts";
import type { Trend } from "./trend.ts";

export const showMs = (ms: number | undefined): string =>
  ms === undefined || Number.isNaN(ms) ? "–" : ms < 10 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(0)} ms`;

export const showCount = (count: number): string => Math.round(count).toLocaleString("en-US");

const showLatency = (name: string, latency: Latency): string =>
  `${name}: p50 ${showMs(latency.p50Ms)}, p95 ${showMs(latency.p95Ms)}, p99 ${showMs(latency.p99Ms)}, longest ${showMs(latency.longestMs)}`;

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

/** What a line through memory says, and whether it says that memory grows. */
export function showTrend({ mean, slope, error }: Trend): string {
  const meaning =
    Math.abs(slope) <= 2 * error ? "no growth that the samples show" : slope > 0 ? "grows" : "shrinks";
  return `${megabytes(mean)} MiB on average, ${slope < 0 ? "−" : "+"}${megabytes(Math.abs(slope))} ± ${megabytes(2 * error)} MiB a minute: ${meaning}`;
}

const memoryLines = ({ used, resident }: MemoryTrends): readonly string[] => [
  `in use after a collection: ${showTrend(used)}`,
  `resident: ${showTrend(resident)}`,
];

/** The run in a few lines. */
export function textReport(summary: LoadSummary): readonly string[] {
  const { request, plays, acknowledged, pushed, reasons, targetCpu, ownCpu, missing, memory } = summary;
  const cores = (cpu: number | undefined): string => (cpu === undefined ? "–" : (cpu / 1000).toFixed(2));
  return [
    `${request.profile} of ${showCount(request.rate)} plays/s for ${request.durationMs / 1000} s: ${showCount(plays.acknowledged)} of ${showCount(plays.due)} plays acknowledged, ${showCount(plays.failed)} failed, ${showCount(plays.dropped)} dropped; ${showCount(summary.throughput)} plays/s`,
    showLatency("put to acknowledged", acknowledged),
    ...(pushed === undefined ? [] : [showLatency("put to counted and pushed", pushed)]),
    `longest lag: ${showMs(summary.longestLagMs)} put and not consumed, ${showMs(summary.longestUncountedMs)} put and not counted`,
    ...(missing === undefined || missing === 0
      ? []
      : [
          `${showCount(Math.abs(missing))} plays ${missing > 0 ? "were put and not counted" : "more were counted than put: others put, too, and their plays are in these figures"}`,
        ]),
    `cores in use: ${cores(targetCpu)} by the target, ${cores(ownCpu)} by the generator`,
    ...(summary.cpuRatio === undefined
      ? []
      : [`CPU at ten times the plays: ${summary.cpuRatio.toFixed(2)} times`]),
    ...(memory === undefined ? [] : memoryLines(memory)),
    ...reasons.slice(0, 5).map(([reason, sends]) => `${showCount(sends)} sends failed: ${reason}`),
    ...summary.judgements.map(
      ({ name, asked, seen, isMet }) => `${isMet ? "met" : "MISSED"}: ${name} ${asked}, seen ${seen}`,
    ),
  ];
}
