import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { EventId } from "#src/domain/play.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";

/** Claims in memory. */
export class MemoryClaimStore implements ClaimStore {
  readonly #epochs = new Map<EventId, EpochNumber>();

  async claim(epoch: EpochNumber, ids: readonly EventId[]): Promise<ReadonlySet<EventId>> {
    const own = new Set<EventId>();
    for (const id of ids) {
      const owner = this.#epochs.get(id) ?? epoch;
      if (owner > epoch) throw new StaleEpochError(`the claim of event ${id}`, epoch, owner);
      this.#epochs.set(id, owner);
      if (owner === epoch) own.add(id);
    }
    return own;
  }

  async read(ids: readonly EventId[]): Promise<ReadonlyMap<EventId, EpochNumber>> {
    const found = new Map<EventId, EpochNumber>();
    for (const id of ids) {
      const owner = this.#epochs.get(id);
      if (owner !== undefined) found.set(id, owner);
    }
    return found;
  }
}
