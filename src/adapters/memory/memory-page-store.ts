import type { PageFile, PageStore } from "#src/ports/page-store.ts";

/** A page in memory. */
export class MemoryPageStore implements PageStore {
  /** By path, in the order of the first put. */
  readonly files = new Map<string, PageFile>();

  async put(file: PageFile): Promise<void> {
    this.files.set(file.path, file);
  }

  async clear(): Promise<void> {
    this.files.clear();
  }
}
