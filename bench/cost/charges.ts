import { gb, million, monthSeconds, prices } from "./prices.ts";

/** Of the requests after a second's first one. */
const tracedShare = 0.05;

export const writeDollars = (units: number): number => (units / million) * prices.dynamoDbWriteUnits.dollars;
export const readDollars = (units: number): number => (units / million) * prices.dynamoDbReadUnits.dollars;
export const logDollars = (bytes: number): number => (bytes / gb) * prices.logsGb.dollars;
export const traceDollars = (traces: number): number => (traces / million) * prices.traces.dollars;

/** Invocations of a function that take so many seconds in all. */
export function lambdaDollars(requests: number, seconds: number, memoryMb: number): number {
  return (
    (requests / million) * prices.lambdaRequests.dollars +
    seconds * (memoryMb / 1024) * prices.lambdaGbSecond.dollars
  );
}

/** How many of a function's invocations X-Ray takes: the first of every second, and a share of the others. */
export function tracesOf(seconds: number, invocations: number): number {
  const first = Math.min(invocations, seconds);
  return first + (invocations - first) * tracedShare;
}

/** Custom metrics, for a million plays: they cost by the month, however many plays there are. */
export const metricDollars = (metrics: number, playsPerSecond: number): number =>
  (metrics * prices.metricMonth.dollars * million) / (playsPerSecond * monthSeconds);
