import type { DueSend } from "./rate-profile.ts";

/** Time as the loop sees it: the machine's, or a test's. */
export interface LoopClock {
  /** ms, from any start. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** What became of one send. */
export type SendOutcome =
  /** The target has it. */
  | { readonly kind: "acknowledged" }
  /** The target refused it, or did not answer. */
  | { readonly kind: "failed"; readonly reason: string }
  /** It was due while as many waited as may, and was never sent. */
  | { readonly kind: "dropped" };

export interface OpenLoopOptions {
  readonly schedule: Iterable<DueSend>;
  /** Sends the plays; rejects where the target refuses them. */
  readonly send: (send: DueSend) => Promise<void>;
  /** Requests under way at once. */
  readonly connections: number;
  /** Sends that are due and neither answered nor given up; what is due beyond that is dropped. */
  readonly maxOutstanding: number;
  readonly clock: LoopClock;
  /** @param delayMs from when the send was due to now: what waited for the target is in it */
  readonly onOutcome: (outcome: SendOutcome, send: DueSend, delayMs: number) => void;
  /** Is told of every send when it is given to the target. */
  readonly onSend?: (send: DueSend) => void;
}

/** The longest sleep: timers may be late, and the loop looks at what is due then. */
const beatMs = 50;

/**
 * An open-loop generator: what is due is due, whatever the target does. A target that is slow or stands still makes the queue
 * grow, and every delay counts from when its send was due, not from when it got its turn: a closed loop, which asks only once it
 * has an answer, would leave out just the requests that would have been slow ("coordinated omission").
 */
export class OpenLoop {
  readonly #options: OpenLoopOptions;
  readonly #waiting: DueSend[] = [];
  #inFlight = 0;
  #startedAt = 0;
  #wakeIdle: (() => void) | undefined;

  constructor(options: OpenLoopOptions) {
    this.#options = options;
  }

  /** Sends that are due and not answered. */
  get outstanding(): number {
    return this.#waiting.length + this.#inFlight;
  }

  /** Ms since the start. */
  get elapsedMs(): number {
    return this.#options.clock.now() - this.#startedAt;
  }

  /** Resolves once the schedule is over and everything that was sent has its outcome. */
  async run(): Promise<void> {
    const { schedule, clock } = this.#options;
    this.#startedAt = clock.now();
    for (const send of schedule) {
      for (let left = send.atMs - this.elapsedMs; left > 0; left = send.atMs - this.elapsedMs)
        await clock.sleep(Math.min(beatMs, left));
      this.#isDue(send);
    }
    await this.#idle();
  }

  #isDue(send: DueSend): void {
    if (this.outstanding >= this.#options.maxOutstanding) {
      this.#tell({ kind: "dropped" }, send);
      return;
    }
    this.#waiting.push(send);
    this.#fill();
  }

  #fill(): void {
    while (this.#inFlight < this.#options.connections) {
      const send = this.#waiting.shift();
      if (send === undefined) return;
      this.#inFlight += 1;
      void this.#send(send);
    }
  }

  async #send(send: DueSend): Promise<void> {
    this.#options.onSend?.(send);
    const outcome = await this.#options.send(send).then(
      (): SendOutcome => ({ kind: "acknowledged" }),
      (error: unknown): SendOutcome => ({ kind: "failed", reason: reasonOf(error) }),
    );
    this.#inFlight -= 1;
    this.#tell(outcome, send);
    this.#fill();
    if (this.outstanding === 0) this.#wakeIdle?.();
  }

  #tell(outcome: SendOutcome, send: DueSend): void {
    this.#options.onOutcome(outcome, send, this.elapsedMs - send.atMs);
  }

  #idle(): Promise<void> {
    if (this.outstanding === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wakeIdle = resolve;
    });
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
