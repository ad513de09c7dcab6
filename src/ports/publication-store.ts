import type { EpochNumber } from "../domain/epoch.ts";
import type { PublicationKey } from "../domain/publication-key.ts";

export interface Publication {
  /** The epoch that published it. */
  readonly epoch: EpochNumber;
  /** JSON text, encoded by src/wire. */
  readonly body: string;
}

/** Small documents, replaced as a whole. Reads are strongly consistent; a failing store throws `StoreError`. */
export interface PublicationStore {
  read(key: PublicationKey): Promise<Publication | undefined>;
  /**
   * Replaces the document unless the stored epoch is `epoch` or larger (I5).
   *
   * @returns `already` where the stored epoch is `epoch`: nothing was written
   * @throws StaleEpochError where the stored epoch is larger
   */
  write(key: PublicationKey, publication: Publication): Promise<"written" | "already">;
}
