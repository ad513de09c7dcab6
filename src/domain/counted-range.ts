import { leaveOutRepeats } from "./claimed-plays.ts";
import { type EpochNumber, type EpochRecord, rangesOf } from "./epoch.ts";
import { CorruptStoreError } from "./errors.ts";
import type { EventId } from "./play.ts";
import type { Head, Position, ShardKey } from "./position.ts";
import type { SegmentContents } from "./segment.ts";
import { type SegmentSource, walkEpoch } from "./segment-chain.ts";

/** The segments of several epochs in a row. */
export interface EpochRange {
  readonly from: readonly Head[];
  readonly to: readonly Head[];
  /** The records of the epochs, in order; asked for only where there are marked plays. */
  readonly epochs: () => Promise<readonly EpochRecord[]>;
}

interface MarkedSegment {
  readonly position: Position;
  /** As bytes: an import is all marks. */
  readonly body: Uint8Array;
}

/**
 * What counts of the segments of several epochs (I3), as each of them has counted it: all plays, but of marked ones only the
 * first of each id in the epoch that claimed it. Segments with marked plays come last.
 *
 * @param owners the epochs that claim these ids; asked once, after the last segment was read, and not without ids
 * @throws StoreError at a gap (I4); CorruptStoreError where nobody claims an id
 */
export async function* readCountedRange(
  range: EpochRange,
  source: SegmentSource,
  decode: (body: Uint8Array) => SegmentContents,
  owners: (ids: readonly EventId[]) => Promise<ReadonlyMap<EventId, EpochNumber>>,
): AsyncIterableIterator<SegmentContents> {
  const marked = new Map<ShardKey, MarkedSegment[]>();
  const ids = new Set<EventId>();
  for await (const { head, body } of walkEpoch(range, source)) {
    const contents = decode(body);
    if (contents.marked.id.length === 0) {
      yield contents;
      continue;
    }
    const ofShard = marked.get(head.shard) ?? [];
    ofShard.push({ position: head.position, body });
    marked.set(head.shard, ofShard);
    for (const id of contents.marked.id) ids.add(id);
  }
  if (ids.size === 0) return;
  const ownerOf = await owners([...ids]);
  const lost = [...ids].find((id) => !ownerOf.has(id));
  if (lost !== undefined) throw new CorruptStoreError(`nobody claims event ${lost}`);
  const idsByOwner = Map.groupBy(ownerOf, ([, owner]) => owner);
  for (const record of await range.epochs()) {
    const left = new Set(idsByOwner.get(record.epoch)?.map(([id]) => id));
    for (const body of bodiesOf(record, marked)) yield leaveOutRepeats(decode(body), left).contents;
  }
}

/** The segments of one epoch, in the order in which it walked them. */
function* bodiesOf(
  record: EpochRecord,
  marked: ReadonlyMap<ShardKey, readonly MarkedSegment[]>,
): IterableIterator<Uint8Array> {
  for (const { from, to } of rangesOf(record))
    for (const { position, body } of marked.get(to.shard) ?? [])
      if (position > from.position && position <= to.position) yield body;
}
