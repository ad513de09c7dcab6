import type { FileHash, FileImport } from "#src/domain/file-import.ts";
import type { ImportLedger } from "#src/ports/import-ledger.ts";

/** Imports in memory. */
export class MemoryImportLedger implements ImportLedger {
  readonly #imports = new Map<FileHash, FileImport>();

  async find(sha256: FileHash): Promise<FileImport | undefined> {
    return this.#imports.get(sha256);
  }

  async begin({ sha256, name, startedAt }: Omit<FileImport, "finished">): Promise<void> {
    if (!this.#imports.has(sha256)) this.#imports.set(sha256, { sha256, name, startedAt });
  }

  async finish(sha256: FileHash, finished: NonNullable<FileImport["finished"]>): Promise<void> {
    const begun = this.#imports.get(sha256);
    if (begun !== undefined && begun.finished === undefined)
      this.#imports.set(sha256, { ...begun, finished });
  }
}
