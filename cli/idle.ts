import { setTimeout as sleep } from "node:timers/promises";

const idle = Symbol("idle");

/** Passes the items on, and calls `onIdle` whenever none has come for `idleMs`. */
export async function* whileWaiting<T>(
  items: AsyncGenerator<T>,
  idleMs: number,
  onIdle: () => Promise<void>,
): AsyncGenerator<T> {
  let next = items.next();
  try {
    for (;;) {
      if ((await firstOf(next, idleMs)) === idle) await onIdle();
      const item = await next;
      if (item.done === true) return;
      yield item.value;
      next = items.next();
    }
  } finally {
    // Not awaited: it would wait for an input that may never come.
    next.then(() => items.return(undefined)).catch(() => undefined);
  }
}

/** The promise's value, or `idle` where that comes first. */
async function firstOf(promise: Promise<unknown>, idleMs: number): Promise<unknown> {
  const timer = new AbortController();
  const timeout = sleep(idleMs, idle, { signal: timer.signal }).catch(() => idle);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    timer.abort();
  }
}
