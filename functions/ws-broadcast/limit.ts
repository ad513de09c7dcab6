/** Runs at most `size` tasks at a time. Tasks must not reject. */
export class Limit {
  #free: number;
  #running = 0;
  /** Who waits for room, the first first. */
  readonly #waiting: (() => void)[] = [];
  readonly #untilIdle: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  /** Starts the task as soon as there is room, and resolves then. */
  async start(task: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    void task().finally(() => this.#end());
  }

  /** Resolves when no task is under way. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#untilIdle.push(resolve));
  }

  #end(): void {
    this.#running -= 1;
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
    if (this.#running === 0 && next === undefined) for (const resolve of this.#untilIdle.splice(0)) resolve();
  }
}
