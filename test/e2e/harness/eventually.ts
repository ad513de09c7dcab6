import { setTimeout as pause } from "node:timers/promises";

const pollMs = 200;
/** What a cold start, a tick and the service's own delays may take together. */
const defaultDeadlineMs = 90_000;

/**
 * Asks again and again until there is an answer, and returns it. A question that fails is asked again; the last failure is
 * the cause of the one at the deadline.
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  deadlineMs = defaultDeadlineMs,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    const answer = await ask().catch((error: unknown) => {
      cause = error;
      return undefined;
    });
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${deadlineMs} ms`, { cause });
    await pause(pollMs);
  }
}
