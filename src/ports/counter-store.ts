import type { Counter, CounterDelta, CounterKey } from "../domain/counter.ts";
import type { EpochNumber } from "../domain/epoch.ts";
import type { EpochMs } from "../domain/play.ts";

/** Guarded running totals (I5). A failing store throws `StoreError`. */
export interface CounterStore {
  /**
   * Adds each delta once: a counter whose stored epoch is `epoch` already holds it and only its minima (first play,
   * label) are applied again. Keys in `deltas` are distinct. Windows that `isExpired` at `now` may be dropped.
   *
   * @returns every counter as it is afterwards, in the order of `deltas`
   * @throws StaleEpochError where a stored epoch is larger than `epoch`; other deltas may have been applied
   */
  apply(epoch: EpochNumber, now: EpochMs, deltas: readonly CounterDelta[]): Promise<readonly Counter[]>;
  /**
   * Replaces each counter by these totals, smaller ones too, where its stored epoch is before `epoch`; at `epoch` it holds
   * them already. What has no totals left stays as a counter of nothing, so that its guard does. Keys are distinct.
   *
   * @throws StaleEpochError where a stored epoch is larger than `epoch`; other counters may have been replaced
   */
  replace(epoch: EpochNumber, counters: readonly CounterDelta[]): Promise<void>;
  /** The counters that exist, in the order of `keys`. */
  read(keys: readonly CounterKey[]): Promise<readonly Counter[]>;
  /**
   * Every counter whose key starts with `prefix`, in no particular order, as it is when it is reached: one moment of all
   * of them only while nobody writes. Memory is bounded. In DynamoDB it reads the whole table, strongly consistent:
   * a read unit for each 4 KB of whatever is in it, about $0.03 a GB.
   */
  list(prefix: string): AsyncIterable<Counter>;
}
