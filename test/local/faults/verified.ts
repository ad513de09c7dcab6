import { liveSnapshot } from "#functions/verify/live-snapshot.ts";
import { verify } from "#functions/verify/verification.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { MemoryArchive } from "#src/adapters/memory/memory-archive.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { PipelineStores } from "#test/support/pipeline.ts";
import type { SimulatedShard } from "./simulated-stream.ts";

/**
 * What `earworm verify` finds in the stores, over an archive of everything that was put; empty where all is right.
 *
 * @param againCounted plays that count although a play of their id did: the one drift there has to be
 */
export async function verified(
  stores: PipelineStores,
  shards: readonly SimulatedShard[],
  horizonMs: number,
  againCounted: number,
): Promise<readonly string[]> {
  const snapshot = await liveSnapshot(stores);
  if (snapshot === undefined) return ["verify: an epoch is open"];
  const archive = await archiveOf(shards);
  const deps = { archive, snapshot, clock: () => 0 as EpochMs, ...nodeRecordCodec };
  const { kinds, differences } = await verify(deps, { horizonMs });
  const wrong = kinds.filter(({ kind, drift }) => drift !== (kind === "beyond-horizon" ? againCounted : 0));
  return wrong.length === 0 ? [] : [`verify: ${JSON.stringify(wrong)}`, ...differences];
}

/** The archive knows no parents: of a child's records it is told when the consumer lets them arrive. */
async function archiveOf(shards: readonly SimulatedShard[]): Promise<MemoryArchive> {
  const archive = new MemoryArchive();
  const newest = new Map<string, number>();
  for (const { key, records, parents } of shards) {
    let arrivedAt = Math.max(0, ...parents.map((parent) => newest.get(parent.key) ?? 0));
    for (const record of records) {
      arrivedAt = Math.max(arrivedAt, record.arrivedAt);
      const data = new Uint8Array(Buffer.from(record.data));
      const { sequenceNumber } = record;
      await archive.write([
        { shard: key, sequenceNumber, arrivedAt: arrivedAt as EpochMs, partitionKey: "p", data },
      ]);
    }
    newest.set(key, arrivedAt);
  }
  return archive;
}
