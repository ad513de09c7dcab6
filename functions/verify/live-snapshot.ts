import type { EpochNumber } from "#src/domain/epoch.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { ProfileStore } from "#src/ports/profile-store.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { FoldedProfiles } from "./folded-profiles.ts";
import type { StoreSnapshot } from "./store-snapshot.ts";

export interface SnapshotStores {
  readonly epochs: Pick<EpochLog, "latest" | "read">;
  readonly counters: Pick<CounterStore, "list">;
  readonly profiles: Pick<ProfileStore, "list">;
  readonly publications: Pick<PublicationStore, "read">;
}

/**
 * The stores themselves as a snapshot, for as long as nobody writes them or the reader does not see it (a transaction).
 * Undefined while an epoch is open: its totals are written one by one.
 */
export async function liveSnapshot({
  epochs,
  counters,
  profiles,
  publications,
}: SnapshotStores): Promise<StoreSnapshot | undefined> {
  const record = await epochs.latest();
  if (record?.status === "open") return undefined;
  return {
    record,
    folded: record && (await FoldedProfiles.of(epochs, record)),
    first: await epochs.read(1 as EpochNumber),
    counters: () => counters.list(""),
    profiles: () => profiles.list(),
    publication: (key) => publications.read(key),
  };
}
