import { setImmediate } from "node:timers/promises";
import type { LoopClock } from "#bench/load/open-loop.ts";

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** A clock that goes on only while everybody sleeps, from one waking to the next. */
export class VirtualTime implements LoopClock {
  #now = 0;
  #sleepers: Sleeper[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ atMs: this.#now + ms, wake }));
  }

  /** Lets time pass until the work is done. */
  async until(work: Promise<void>): Promise<void> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    for (;;) {
      await setImmediate(); // whoever can go on does
      if (isDone) return await done;
      this.#wakeNext();
    }
  }

  #wakeNext(): void {
    const next = this.#sleepers.reduce((first, each) => (each.atMs < first.atMs ? each : first));
    this.#sleepers = this.#sleepers.filter((each) => each !== next);
    this.#now = Math.max(this.#now, next.atMs);
    next.wake();
  }
}
