import type { EpochRecord } from "#src/domain/epoch.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { type RejectPiece, rejectIdOf } from "#src/domain/reject.ts";
import { walkEpoch } from "#src/domain/segment-chain.ts";
import type { RejectStore } from "#src/ports/reject-store.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { decodeSegment } from "#src/wire/segment-codec.ts";

/** As much is written at a time, so that memory holds no more; bytes. */
const batchBytes = 1024 * 1024;
/** What a piece takes beside its raw bytes, roughly. */
const pieceBytes = 500;

/**
 * Copies the rejects of an epoch out of its segments, which expire. It walks them again, and only the shards that have
 * any: an epoch of rejects may hold more than memory. Doing it again changes nothing.
 *
 * @param shards those with a piece of a reject in this epoch
 */
export async function writeRejects(
  deps: { readonly segments: SegmentStore; readonly rejects: Pick<RejectStore, "write"> },
  record: EpochRecord,
  shards: ReadonlySet<ShardKey>,
): Promise<void> {
  const ranges = { ...record, to: record.to.filter(({ shard }) => shards.has(shard)) };
  let pieces: RejectPiece[] = [];
  let bytes = 0;
  for await (const { head, body } of walkEpoch(ranges, deps.segments)) {
    for (const chunk of decodeSegment(body).rejects) {
      pieces.push({ ...chunk, id: rejectIdOf(head.shard, chunk), shard: head.shard });
      bytes += pieceBytes + chunk.raw.length;
    }
    if (bytes < batchBytes) continue;
    await deps.rejects.write(pieces);
    pieces = [];
    bytes = 0;
  }
  if (pieces.length > 0) await deps.rejects.write(pieces);
}
