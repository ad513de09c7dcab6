import { setImmediate as microtasksDone } from "node:timers/promises";
import type { EpochMs } from "#src/domain/play.ts";

/** Something that cannot happen unless the harness, or what it drives, never ends. */
export class StuckError extends Error {
  override readonly name = "StuckError";
}

interface Turn {
  readonly notBefore: number;
  run(): Promise<void>;
}

const mostTurns = 60_000;

/**
 * Runs what many functions do at once, one call at a time, in an order that is given and therefore can be repeated; and
 * keeps their time: when everybody waits, it is later.
 */
export class Scheduler {
  #now: number;
  #waiting: Turn[] = [];
  #order: number[] = [];
  #turns = 0;

  /** @param startAt epoch ms */
  constructor(startAt: number) {
    this.#now = startAt;
  }

  readonly clock = (): EpochMs => this.#now as EpochMs;

  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Whose turn it is next: of those that can go on, the n-th that came. Then always the first. */
  setOrder(order: readonly number[]): void {
    this.#order = [...order];
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  /** Does `work` alone, when it is its turn. */
  turn<T>(work: () => Promise<T>, delayMs = 0): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        notBefore: this.#now + delayMs,
        run: () => work().then(resolve, reject),
      });
    });
  }

  async sleep(ms: number): Promise<void> {
    await this.turn(() => Promise.resolve(), ms);
  }

  /** Lets turns pass until `isDone`. Whoever still waits then goes on in the next call. */
  async runUntil(isDone: () => boolean): Promise<void> {
    for (;;) {
      await microtasksDone();
      if (isDone()) return;
      const turn = this.#next();
      if (turn === undefined) throw new StuckError("everybody waits for nothing");
      this.#turns += 1;
      if (this.#turns > mostTurns) throw new StuckError(`not done after ${mostTurns} turns`);
      this.#now += 1;
      await turn.run();
    }
  }

  #next(): Turn | undefined {
    if (this.#waiting.length === 0) return undefined;
    const soonest = Math.min(...this.#waiting.map(({ notBefore }) => notBefore));
    this.#now = Math.max(this.#now, soonest);
    const ready = this.#waiting.filter(({ notBefore }) => notBefore <= this.#now);
    const turn = ready[(this.#order.shift() ?? 0) % ready.length];
    this.#waiting = this.#waiting.filter((other) => other !== turn);
    return turn;
  }
}
