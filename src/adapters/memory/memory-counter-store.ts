import type { Counter, CounterDelta, CounterKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { addTotals, earliest, firstLabel, noTotals, type Totals } from "#src/domain/totals.ts";
import { isExpired, type WindowId } from "#src/domain/windows.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";

/** Guarded totals in memory. Expired windows go with the next delta of their counter. */
export class MemoryCounterStore implements CounterStore {
  readonly #counters = new Map<CounterKey, Counter>();

  apply(epoch: EpochNumber, now: EpochMs, deltas: readonly CounterDelta[]): Promise<readonly Counter[]> {
    for (const { key } of deltas) {
      const stored = this.#counters.get(key)?.epoch;
      if (stored !== undefined && stored > epoch)
        return Promise.reject(new StaleEpochError(key, epoch, stored));
    }
    return Promise.resolve(deltas.map((delta) => this.#applyOne(epoch, now, delta)));
  }

  replace(epoch: EpochNumber, counters: readonly CounterDelta[]): Promise<void> {
    for (const { key, totals } of counters) {
      const stored = this.#counters.get(key)?.epoch ?? 0;
      if (stored > epoch) return Promise.reject(new StaleEpochError(key, epoch, stored as EpochNumber));
      if (stored < epoch) this.#counters.set(key, { key, epoch, totals });
    }
    return Promise.resolve();
  }

  read(keys: readonly CounterKey[]): Promise<readonly Counter[]> {
    return Promise.resolve(keys.flatMap((key) => this.#counters.get(key) ?? []));
  }

  async *list(prefix: string): AsyncIterable<Counter> {
    for (const counter of this.#counters.values()) if (counter.key.startsWith(prefix)) yield counter;
  }

  #applyOne(epoch: EpochNumber, now: EpochMs, { key, totals }: CounterDelta): Counter {
    const stored = this.#counters.get(key);
    const next =
      stored?.epoch === epoch ? withMinima(stored.totals, totals) : sum(stored?.totals, totals, now);
    const counter = { key, epoch, totals: next };
    this.#counters.set(key, counter);
    return counter;
  }
}

function withMinima(stored: Totals, added: Totals): Totals {
  return {
    ...stored,
    firstPlayedAt: earliest(stored.firstPlayedAt, added.firstPlayedAt),
    label: firstLabel(stored.label, added.label),
  };
}

/** The maps are new ones: `addTotals` may share them with the caller's delta. */
function sum(stored: Totals | undefined, added: Totals, now: EpochMs): Totals {
  const totals = addTotals(stored ?? noTotals, added);
  return {
    ...totals,
    windows: open(totals.windows, now),
    decays: open(totals.decays, now),
    listeners: open(totals.listeners, now),
  };
}

function open<V>(windows: ReadonlyMap<WindowId, V>, now: EpochMs): ReadonlyMap<WindowId, V> {
  return new Map([...windows].filter(([window]) => !isExpired(window, now)));
}
