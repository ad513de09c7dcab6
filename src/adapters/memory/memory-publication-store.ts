import { StaleEpochError } from "#src/domain/errors.ts";
import type { PublicationKey } from "#src/domain/publication-key.ts";
import type { Publication, PublicationStore } from "#src/ports/publication-store.ts";

/** Publications in memory. */
export class MemoryPublicationStore implements PublicationStore {
  readonly #publications = new Map<PublicationKey, Publication>();

  read(key: PublicationKey): Promise<Publication | undefined> {
    return Promise.resolve(this.#publications.get(key));
  }

  write(key: PublicationKey, publication: Publication): Promise<"written" | "already"> {
    const stored = this.#publications.get(key)?.epoch;
    if (stored === publication.epoch) return Promise.resolve("already");
    if (stored !== undefined && stored > publication.epoch) {
      return Promise.reject(new StaleEpochError(key, publication.epoch, stored));
    }
    this.#publications.set(key, publication);
    return Promise.resolve("written");
  }
}
