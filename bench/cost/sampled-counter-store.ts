import type { Counter, CounterDelta, CounterKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { addTotals, type Totals } from "#src/domain/totals.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";

/** Forwards a sample of the counters to a store that meters them; of the others it says what they would be. */
export class SampledCounterStore implements CounterStore {
  readonly #store: CounterStore;
  readonly #totalsOf: (key: CounterKey) => Totals;
  sample: ReadonlySet<string> = new Set();

  /** @param totalsOf the totals of a counter before this epoch */
  constructor(store: CounterStore, totalsOf: (key: CounterKey) => Totals) {
    this.#store = store;
    this.#totalsOf = totalsOf;
  }

  async apply(
    epoch: EpochNumber,
    now: EpochMs,
    deltas: readonly CounterDelta[],
  ): Promise<readonly Counter[]> {
    const sampled = deltas.filter(({ key }) => this.sample.has(key));
    const stored = await this.#store.apply(epoch, now, sampled);
    const byKey = new Map(stored.map((counter) => [counter.key, counter]));
    return deltas.map(
      ({ key, totals }) => byKey.get(key) ?? { key, epoch, totals: addTotals(this.#totalsOf(key), totals) },
    );
  }

  replace(epoch: EpochNumber, counters: readonly CounterDelta[]): Promise<void> {
    return this.#store.replace(epoch, counters);
  }

  /** All are metered: only commit reads counters, and those are sums. */
  read(keys: readonly CounterKey[]): Promise<readonly Counter[]> {
    return this.#store.read(keys);
  }

  list(prefix: string): AsyncIterable<Counter> {
    return this.#store.list(prefix);
  }
}
