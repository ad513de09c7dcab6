import type { Counter } from "#src/domain/counter.ts";
import type { EpochRecord } from "#src/domain/epoch.ts";
import type { PublicationKey } from "#src/domain/publication-key.ts";
import type { StoredProfile } from "#src/ports/profile-store.ts";
import type { Publication } from "#src/ports/publication-store.ts";
import type { FoldedProfiles } from "./folded-profiles.ts";

/** The stores as one committed epoch left them: nobody writes them while this is read, or it is a copy. */
export interface StoreSnapshot {
  /** That epoch's; undefined where none was ever committed. */
  readonly record: EpochRecord | undefined;
  /** Up to where profiles hold what that epoch and those before it counted; undefined where none was ever committed. */
  readonly folded: FoldedProfiles | undefined;
  /** Epoch 1's: where the store begins. */
  readonly first: EpochRecord | undefined;
  /** In no particular order. */
  counters(): AsyncIterable<Counter>;
  /** In no particular order. */
  profiles(): AsyncIterable<StoredProfile>;
  publication(key: PublicationKey): Promise<Publication | undefined>;
}
