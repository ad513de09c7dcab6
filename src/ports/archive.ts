import type { ArchivedRecord, ArchiveObject, ArchiveSource } from "../domain/archive.ts";

/** The raw records of the stream, kept by shard and hour of arrival. A failing store throws `StoreError`. */
export interface Archive extends ArchiveSource {
  /**
   * Keeps records of one shard that arrived in one hour, in order. Writing them again, also cut elsewhere, changes nothing of
   * what `readArchive` gives.
   */
  write(records: readonly ArchivedRecord[]): Promise<void>;
  /** Replaces an object's records. */
  rewrite(object: ArchiveObject, records: readonly ArchivedRecord[]): Promise<void>;
}
