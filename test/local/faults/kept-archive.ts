import { MemoryArchive } from "#src/adapters/memory/memory-archive.ts";
import type { ArchivedRecord } from "#src/domain/archive.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { hourMs } from "#src/domain/windows.ts";
import type { PutInto, SimulatedShard } from "./simulated-stream.ts";

/** An archive of everything that is put: one object for what comes at once into a shard within an hour. */
export class KeptArchive {
  readonly archive = new MemoryArchive();
  /** Up to when each shard is. */
  readonly #newest = new Map<SimulatedShard, number>();

  async keep(put: readonly PutInto[]): Promise<void> {
    const objects = new Map<string, ArchivedRecord[]>();
    for (const { shard, record } of put) {
      const arrivedAt = this.#arrivalIn(shard, record.arrivedAt);
      const [entry] = record.entries;
      const archived = {
        ...{ shard: shard.key, sequenceNumber: record.sequenceNumber, arrivedAt: arrivedAt as EpochMs },
        // A producer may take the listener's id.
        partitionKey: entry?.kind === "play" ? entry.play.user_id : "p",
        data: new Uint8Array(Buffer.from(record.data)),
      };
      const name = `${shard.key} ${Math.floor(arrivedAt / hourMs)}`;
      objects.set(name, [...(objects.get(name) ?? []), archived]);
    }
    for (const records of objects.values()) await this.archive.write(records);
  }

  /** The archive knows no parents: of a child's records it is told when the consumer lets them arrive. */
  #arrivalIn(shard: SimulatedShard, arrivedAt: number): number {
    const newest = Math.max(arrivedAt, this.#newestOf(shard));
    this.#newest.set(shard, newest);
    return newest;
  }

  /** A shard into which nothing was put is as far as its parents. */
  #newestOf(shard: SimulatedShard): number {
    const newest = this.#newest.get(shard);
    return newest ?? Math.max(0, ...shard.parents.map((parent) => this.#newestOf(parent)));
  }
}
