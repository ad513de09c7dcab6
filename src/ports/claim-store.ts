import type { EpochNumber } from "../domain/epoch.ts";
import type { EventId } from "../domain/play.ts";

/**
 * Which epoch counts the marked play of an event id (I3). The first claim of an id stays for good. Strongly consistent; a
 * failing store throws `StoreError`.
 */
export interface ClaimStore {
  /**
   * Claims for an epoch the ids that nobody has. Doing it again changes nothing and answers the same.
   *
   * @returns those of the ids that are this epoch's, whether they became so by this call or before
   * @throws StaleEpochError where a later epoch has one; other ids may have been claimed
   */
  claim(epoch: EpochNumber, ids: readonly EventId[]): Promise<ReadonlySet<EventId>>;
  /** The epochs of those ids that are claimed. */
  read(ids: readonly EventId[]): Promise<ReadonlyMap<EventId, EpochNumber>>;
}
