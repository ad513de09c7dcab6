/** Another run already finished this epoch; whoever sees this stops, and nothing is lost. */
export class StaleEpochError extends Error {
  override readonly name = "StaleEpochError";

  constructor(what: string, epoch: number, stored: number) {
    super(`${what} already belongs to epoch ${stored}, so the run of epoch ${epoch} is out of date`);
  }
}

/** The store contradicts an invariant. Retrying cannot help: an operator has to look (docs/operations.md). */
export class CorruptStoreError extends Error {
  override readonly name = "CorruptStoreError";
}

/** A store or a service did not answer as it should. The caller's batch or stage is retried as a whole. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}
