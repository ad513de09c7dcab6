import { Metrics as Powertools } from "@aws-lambda-powertools/metrics";
import type { LogEntry } from "#src/adapters/memory/memory-logger.ts";
import type { MetricEntry } from "#src/adapters/memory/memory-metrics.ts";

/** The platform's lines START, END and REPORT of one invocation with tracing, from knowledge. */
const platformBytes = 450;
/** What Powertools adds to a log line: level, time, service, function, request and trace ids. */
const contextBytes = 400;
/** CloudWatch adds this to every event. */
const eventBytes = 26;
/** What every invocation logs, whatever the function does, bytes. */
export const platformLogBytes = platformBytes + 3 * eventBytes;

/**
 * What a stage writes to its log in so many invocations, bytes. Errors are left out: the bench fakes what the totals
 * were, and the workflow notices.
 */
export function logBytesOf(
  lines: readonly LogEntry[],
  metrics: readonly MetricEntry[],
  invocations: number,
): number {
  const lineBytes = lines
    .filter(({ level }) => level !== "error")
    .map(({ message, fields }) => JSON.stringify({ message, ...fields }).length + contextBytes + eventBytes)
    .reduce((sum, bytes) => sum + bytes, 0);
  return lineBytes + invocations * platformLogBytes + metricBytes(metrics, invocations);
}

export const metricNamesOf = (metrics: readonly MetricEntry[]): readonly string[] => [
  ...new Set(metrics.map(({ name }) => name)),
];

/** One line of the embedded metric format an invocation, as Powertools writes it. */
function metricBytes(metrics: readonly MetricEntry[], invocations: number): number {
  if (metrics.length === 0) return 0;
  const perInvocation = Math.ceil(metrics.length / invocations);
  const powertools = new Powertools({ namespace: "Earworm", serviceName: "mapreduce-consume" });
  for (const { name, unit, value } of metrics.slice(0, perInvocation))
    powertools.addMetric(name, unit, value);
  return invocations * (JSON.stringify(powertools.serializeMetrics()).length + eventBytes);
}
