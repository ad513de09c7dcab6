import type { ArchiveSource } from "#src/domain/archive.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";

/** The longest that a run of the workflow takes it for (lib/settings.ts). */
const longestRunMs = 300_000;
/** To a run, a lease that ends later than its own would is void: this is the shortest of those, 120 s, less a minute as clocks differ. */
const lengthMs = 60_000;
const prolongAfterMs = 15_000;

interface EpochLeaseDeps {
  readonly epochs: Pick<EpochLog, "acquireLease" | "releaseLease">;
  readonly clock: Clock;
  /** Names this run; the lease is its own. */
  readonly owner: string;
}

/** The lease of the epochs, for as long as whoever holds it prolongs it: no run plans an epoch. */
export class EpochLease {
  readonly #deps: EpochLeaseDeps;
  #isHeld = false;
  #askedAt = 0 as EpochMs;
  #asking: Promise<boolean> | undefined;

  constructor(deps: EpochLeaseDeps) {
    this.#deps = deps;
  }

  /** Whether it is held; false where a run has it. */
  async take(): Promise<boolean> {
    const { epochs, clock, owner } = this.#deps;
    const now = clock();
    this.#askedAt = now;
    // Asked for as long as a run's, as one that ends later than what is asked for counts as void; then shortened.
    this.#isHeld =
      (await epochs.acquireLease(owner, now, longestRunMs)) &&
      (await epochs.acquireLease(owner, now, lengthMs));
    return this.#isHeld;
  }

  /** Asks again where that was a while ago. Returns whether it has been held all the time, so far as can be told. */
  async prolong(): Promise<boolean> {
    if (!this.#isHeld || this.#isFresh()) return this.#isHeld;
    this.#asking ??= this.take().finally(() => {
      this.#asking = undefined;
    });
    return await this.#asking;
  }

  /** The archive, which prolongs the lease as its objects are read: that may take longer than the lease lasts. */
  during(archive: ArchiveSource): ArchiveSource {
    const prolong = () => this.prolong();
    return {
      list: (range) => archive.list(range),
      read: async function* (object) {
        await prolong();
        yield* archive.read(object);
      },
    };
  }

  async release(): Promise<void> {
    await this.#asking?.catch(() => undefined); // of an object that nobody waits for any more
    this.#isHeld = false;
    await this.#deps.epochs.releaseLease(this.#deps.owner);
  }

  /** Not where the clock went back: then what was asked for may be void. */
  #isFresh(): boolean {
    const ageMs = this.#deps.clock() - this.#askedAt;
    return ageMs >= 0 && ageMs < prolongAfterMs;
  }
}
