interface Timer {
  readonly dueAt: number;
  readonly task: () => void;
}

/** A clock that stands still until it is told to go on, and the timers that hang on it. */
export class VirtualTime {
  #now: number;
  readonly #timers = new Set<Timer>();

  /** @param now epoch ms */
  constructor(now: number) {
    this.#now = now;
  }

  readonly clock = (): number => this.#now;

  readonly setTimer = (task: () => void, afterMs: number): Timer => {
    const timer = { dueAt: this.#now + afterMs, task };
    this.#timers.add(timer);
    return timer;
  };

  readonly clearTimer = (timer: unknown): void => {
    this.#timers.delete(timer as Timer);
  };

  /** How long until the next timer, ms; undefined where there is none. */
  get nextInMs(): number | undefined {
    const dueTimes = [...this.#timers].map(({ dueAt }) => dueAt);
    return dueTimes.length === 0 ? undefined : Math.min(...dueTimes) - this.#now;
  }

  /** Runs what is due within so many ms, each at its time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ dueAt }) => dueAt <= end).sort((a, b) => a.dueAt - b.dueAt);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.dueAt);
      next.task();
    }
    this.#now = end;
  }
}
