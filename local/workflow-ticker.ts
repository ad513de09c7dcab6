import type { WorkflowStarter } from "#src/ports/workflow-starter.ts";

export type RunOutcome = "succeeded" | "failed";

export interface WorkflowTickerOptions {
  /** Never rejects. */
  readonly run: () => Promise<RunOutcome>;
  /** How long after its start a run may be followed by another, ms. */
  readonly tickMs: number;
  /** Whether so much is waiting that the next run should not wait for its tick. */
  readonly isUrgent: () => boolean;
  /** How often a run starts unasked: windows roll over in silence. @default 60000 */
  readonly safetyNetMs?: number;
}

/** Starts runs one after the other: at most one a tick, and one more for whatever was asked while another ran. */
export class WorkflowTicker implements WorkflowStarter {
  readonly #options: WorkflowTickerOptions;
  readonly #safetyNet: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<RunOutcome> | undefined;
  #isWanted = false;
  #isStopped = false;
  #lastStart = Number.NEGATIVE_INFINITY;

  constructor(options: WorkflowTickerOptions) {
    this.#options = options;
    this.#safetyNet = setInterval(() => this.#want(), options.safetyNetMs ?? 60_000).unref();
  }

  start(): Promise<void> {
    this.#want();
    return Promise.resolve();
  }

  /** Runs at once, after the run that is under way; for the end of a finite input. */
  async flush(): Promise<RunOutcome> {
    while (this.#running !== undefined) await this.#running;
    return this.#runNow();
  }

  /** Ends after the run that is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#safetyNet);
    clearTimeout(this.#timer);
    await this.#running;
  }

  #want(): void {
    this.#isWanted = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isStopped || !this.#isWanted || this.#running !== undefined) return;
    clearTimeout(this.#timer);
    const due = this.#options.isUrgent() ? 0 : this.#lastStart + this.#options.tickMs - performance.now();
    this.#timer = setTimeout(() => void this.#runNow(), Math.max(0, due));
  }

  #runNow(): Promise<RunOutcome> {
    if (this.#running !== undefined) return this.#running;
    if (this.#isStopped) return Promise.resolve("failed");
    clearTimeout(this.#timer);
    this.#isWanted = false;
    this.#lastStart = performance.now();
    this.#running = this.#options.run().then((outcome) => {
      this.#running = undefined;
      if (outcome === "failed") this.#isWanted = true; // its epoch is open
      this.#schedule();
      return outcome;
    });
    return this.#running;
  }
}
