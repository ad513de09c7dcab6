const shortestMs = 500;
const longestMs = 15_000;

/**
 * How long to wait before the next attempt, 0.5 to 15 s: anything up to a bound that doubles with each attempt that
 * failed, so that a thousand clients of a server that went away do not come back in one moment ("full jitter",
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 *
 * @param failures attempts that failed in a row before this one, from 0
 * @param random from 0 to below 1
 */
export function backoffMs(failures: number, random: number): number {
  const bound = Math.min(longestMs, shortestMs * 2 ** (failures + 1));
  return shortestMs + random * (bound - shortestMs);
}
