import type { CounterDelta } from "./counter.ts";
import type { UserId } from "./play.ts";
import type { RejectId } from "./reject.ts";
import type { WindowId } from "./windows.ts";

/**
 * What an epoch of its own does to the totals so that a listener has never been counted: it makes them smaller, which no
 * delta can (I6).
 */
export interface Correction {
  readonly userId: UserId;
  /** The totals that the listener's plays are in, as they are without them; `noTotals` where nothing is left. */
  readonly counters: readonly CounterDelta[];
  /** The windows that the listener's plays are in, `all` aside. */
  readonly windows: readonly WindowId[];
  /** The listener's records that were no plays. */
  readonly rejects: readonly RejectId[];
}
