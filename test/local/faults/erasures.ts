import type { EpochNumber } from "#src/domain/epoch.ts";
import type { UserId } from "#src/domain/play.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { correctionKey } from "#src/wire/correction-codec.ts";

/** Up to where a listener never was: by shard, the sequence number of the last record and how many of its entries. */
export type CutOff = ReadonlyMap<string, { readonly sequenceNumber: bigint; readonly entries: number }>;
/** By listener. */
export type CutOffs = ReadonlyMap<string, CutOff>;

/** Whose corrections were written down, by version: an epoch names only that. */
export class WatchedCorrections {
  readonly #users = new Map<EpochNumber, UserId>();

  /** The store, watched. */
  over(store: PublicationStore): PublicationStore {
    return {
      read: (key) => store.read(key),
      write: async (key, publication) => {
        const { epoch, body } = publication;
        const userId: UserId | undefined = key === correctionKey ? JSON.parse(body).user_id : undefined;
        if (userId === undefined) return await store.write(key, publication);
        // It may be done although its answer is lost; then nobody else's is.
        if (!this.#users.has(epoch)) this.#users.set(epoch, userId);
        const outcome = await store.write(key, publication);
        if (outcome === "written") this.#users.set(epoch, userId);
        return outcome;
      },
    };
  }

  /** The last cut-off of each listener. */
  async cutOffs(epochs: EpochLog): Promise<CutOffs> {
    const cutOffs = new Map<string, CutOff>();
    const latest = await epochs.latest();
    for (let epoch = 1; epoch <= (latest?.epoch ?? 0); epoch++) {
      const record = await epochs.read(epoch as EpochNumber);
      if (record?.correction === undefined) continue;
      const userId = this.#users.get(record.correction);
      if (userId === undefined)
        throw new Error(`nobody wrote version ${record.correction} of the correction`);
      const places = record.to.map(({ shard, position }) => {
        const [sequenceNumber = "", entries] = position.split(".");
        return [shard, { sequenceNumber: BigInt(sequenceNumber), entries: Number(entries) }] as const;
      });
      cutOffs.set(userId, new Map(places));
    }
    return cutOffs;
  }
}
