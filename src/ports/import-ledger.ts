import type { FileHash, FileImport } from "../domain/file-import.ts";

/** Which files were imported, so that none is twice. Entries stay for ever. A failing store throws `StoreError`. */
export interface ImportLedger {
  /** Strongly consistent. */
  find(sha256: FileHash): Promise<FileImport | undefined>;
  /** Notes that a file's import begins. What is known of the file stays as it is. */
  begin(started: Omit<FileImport, "finished">): Promise<void>;
  /** Notes how an import that began ended. The first to finish stays. */
  finish(sha256: FileHash, finished: NonNullable<FileImport["finished"]>): Promise<void>;
}
