import type { ArchivedRecord, ArchiveObject, ArchiveRange } from "#src/domain/archive.ts";
import type { Archive } from "#src/ports/archive.ts";
import { archivePath, hourOf, isInRange } from "#src/wire/archive-path.ts";

interface KeptObject extends ArchiveObject {
  readonly records: readonly ArchivedRecord[];
}

/** An archive in memory, one object for each write. */
export class MemoryArchive implements Archive {
  readonly #objects = new Map<string, KeptObject>();

  write(records: readonly ArchivedRecord[]): Promise<void> {
    const [first] = records;
    if (first === undefined) return Promise.resolve();
    const { shard, sequenceNumber, arrivedAt } = first;
    const object = { shard, hour: hourOf(arrivedAt), first: sequenceNumber };
    const path = archivePath(object, records.at(-1)?.sequenceNumber);
    if (!this.#objects.has(path)) this.#objects.set(path, { ...object, path, records });
    return Promise.resolve();
  }

  list(range: ArchiveRange = {}): Promise<readonly ArchiveObject[]> {
    const objects = [...this.#objects.values()].filter(({ hour }) => isInRange(hour, range));
    return Promise.resolve(objects.map(({ records: _, ...object }) => object));
  }

  async *read({ path }: ArchiveObject): AsyncIterableIterator<ArchivedRecord> {
    yield* this.#objects.get(path)?.records ?? [];
  }

  rewrite(object: ArchiveObject, records: readonly ArchivedRecord[]): Promise<void> {
    this.#objects.set(object.path, { ...object, records });
    return Promise.resolve();
  }
}
