import { clearTimeout, setTimeout } from "node:timers";

/** Lets a loop sleep until something happens or time is up, without missing what happened before it slept. */
export class WakeSignal {
  #isRaised = false;
  #wake: (() => void) | undefined;

  /** Ends the sleep that goes on, or else the next one at once. */
  raise(): void {
    this.#isRaised = true;
    this.#wake?.();
  }

  /** Resolves at the next raise, or after the time (ms) if there is one. One sleeper at a time. */
  sleep(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.#wake?.(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        this.#isRaised = false;
        resolve();
      };
      if (this.#isRaised) this.#wake();
    });
  }
}
