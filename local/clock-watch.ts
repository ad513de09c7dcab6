import type { EpochMs } from "#src/domain/play.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Logger } from "#src/ports/logger.ts";

/** A clock that is corrected by this much is worth a word, ms. */
const toleranceMs = 60_000;

/**
 * Epochs and arrivals never go back in time: after a clock that ran ahead, or was moved back, windows stand still until it has
 * caught up. This says so, once each time that it happens.
 */
export class ClockWatch {
  readonly #epochs: EpochLog;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #isBehind = false;

  constructor(epochs: EpochLog, clock: Clock, logger: Logger) {
    this.#epochs = epochs;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Compares the clock with the latest epoch's. Never rejects: an epoch log that fails is the workflow's to tell of. */
  async check(): Promise<void> {
    const latest = await this.#epochs.latest().catch(() => undefined);
    if (latest === undefined) return;
    const now = this.#clock();
    const wasBehind = this.#isBehind;
    this.#isBehind = latest.now - now >= (wasBehind ? 1 : toleranceMs);
    if (!this.#isBehind || wasBehind) return;
    this.#logger.warn("the clock is behind this data directory; its charts stand still until then", {
      clock: isoTime(now),
      dataDirectory: isoTime(latest.now),
    });
  }
}

const isoTime = (at: EpochMs): string => new Date(at).toISOString();
