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
  /** The counters that exist, in the order of `keys`. */
  read(keys: readonly CounterKey[]): Promise<readonly Counter[]>;
}
