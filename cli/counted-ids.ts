import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import type { ArchivedRecord, ArchiveObject, ArchiveSource } from "#src/domain/archive.ts";
import type { hash64 } from "#src/domain/hash64.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import { type Position, positionAt, type ShardKey } from "#src/domain/position.ts";
import { expandRecord } from "#src/wire/play-record.ts";
import { RepeatCounter } from "./repeat-counter.ts";

/** Up to where a shard of the archive was read. */
interface ShardReading {
  position: Position;
  sequenceNumber: string;
  /** The latest arrival, which is what the consumer goes by. */
  arrivedAt: EpochMs;
  /** The object that may still grow: the one with the largest first record. */
  newest: ArchiveObject;
}

/**
 * Which of some event ids an archive has. Takes 16 to 24 bytes for each id that is looked for, and about 100 for each that
 * is found.
 */
export class CountedIds {
  readonly #archive: ArchiveSource;
  /** By hash, which is why a match is no more than a reason to keep the archive's id. */
  readonly #wanted: RepeatCounter;
  readonly #found = new Set<string>();
  readonly #objects = new Set<string>();
  readonly #shards = new Map<ShardKey, ShardReading>();
  #ignoresMarked = false;

  constructor(archive: ArchiveSource, hash?: typeof hash64) {
    this.#archive = archive;
    this.#wanted = new RepeatCounter(hash);
  }

  /** Has the id looked for in all that is read from now on. */
  lookFor(id: string): void {
    this.#wanted.next(id);
  }

  /** Whether the id is one that is looked for, or shares its hash with one. */
  isLookedFor(id: string): boolean {
    return this.#wanted.mayHave(id);
  }

  /** Whether the archive had the id, as far as it was read. */
  has(id: string): boolean {
    return this.#found.has(id);
  }

  /** The sequence number up to which a shard was read. */
  lastRead(shard: ShardKey): string | undefined {
    return this.#shards.get(shard)?.sequenceNumber;
  }

  /**
   * Reads what the archive has gained since the last call; the first reads all of it. Of each shard everything is read that
   * lies before what is: where a list was made while objects were written, it is made again.
   *
   * @throws StoreError where the archive cannot be read
   */
  async read(): Promise<void> {
    while (await this.#readObjects());
  }

  /** What is marked and read from now on was put by whoever asks, or by another import: the claims decide on it (I3). */
  ignoreMarked(): void {
    this.#ignoresMarked = true;
  }

  /** Returns whether there was an object that is new. */
  async #readObjects(): Promise<boolean> {
    const objects = await this.#archive.list();
    const isNew = (object: ArchiveObject): boolean => !this.#objects.has(object.path);
    const mayHaveGrown = ({ shard, path }: ArchiveObject): boolean =>
      this.#shards.get(shard)?.newest.path === path;
    const unread = objects
      .filter((object) => isNew(object) || mayHaveGrown(object))
      .toSorted((a, b) => (positionAt(a.first, 0) < positionAt(b.first, 0) ? -1 : 1));
    const hasNew = unread.some(isNew);
    for (const object of unread) await this.#readObject(object);
    return hasNew;
  }

  async #readObject(object: ArchiveObject): Promise<void> {
    const isKnown = this.#objects.has(object.path);
    let reading = this.#shards.get(object.shard);
    for await (const record of this.#archive.read(object)) {
      const position = positionAt(record.sequenceNumber, 0);
      if (isKnown && reading !== undefined && position <= reading.position) continue;
      reading ??= startOf(object);
      reading.arrivedAt = Math.max(reading.arrivedAt, record.arrivedAt) as EpochMs;
      this.#look({ ...record, arrivedAt: reading.arrivedAt });
      if (position > reading.position)
        Object.assign(reading, { position, sequenceNumber: record.sequenceNumber });
    }
    if (reading === undefined) return; // nothing of it is whole yet
    if (positionAt(object.first, 0) > positionAt(reading.newest.first, 0)) reading.newest = object;
    this.#objects.add(object.path);
    this.#shards.set(object.shard, reading);
  }

  #look(record: ArchivedRecord): void {
    for (const entry of expandRecord(record, nodeRecordCodec)) {
      if (entry.kind === "play" && this.#isOfUse(entry.play)) this.#found.add(entry.play.eventId);
    }
  }

  #isOfUse({ eventId, dedupe }: Play): boolean {
    return !(this.#ignoresMarked && dedupe === "always") && this.#wanted.mayHave(eventId);
  }
}

const startOf = (object: ArchiveObject): ShardReading => ({
  position: positionAt("0", 0),
  sequenceNumber: "0",
  arrivedAt: 0 as EpochMs,
  newest: object,
});
