import { type EpochRecord, rangesOf, type ShardRange } from "./epoch.ts";
import { StoreError } from "./errors.ts";
import type { Position, ShardKey } from "./position.ts";
import type { Segment } from "./segment.ts";

/** Where a walk reads segments: after `from`, up to and including `to`, in order. */
export interface SegmentSource {
  readRange(shard: ShardKey, from: Position, to: Position): AsyncIterable<Segment>;
}

/**
 * Every segment that an epoch owns, shard by shard and in order; or several epochs, from the start of the first to the end
 * of the last.
 *
 * @throws StoreError at a gap (I4): a stage reads them all before it writes anything
 */
export async function* walkEpoch(
  record: Pick<EpochRecord, "from" | "to">,
  source: SegmentSource,
): AsyncIterableIterator<Segment> {
  for (const range of rangesOf(record)) {
    yield* walkChain(range, source.readRange(range.to.shard, range.from.position, range.to.position));
  }
}

/**
 * Passes on the segments of a range and checks that each follows the one before it and that the last one ends, in
 * position and totals, where the range ends (I4).
 *
 * @throws StoreError at a gap; a retry reads again
 */
async function* walkChain(
  { from, to }: ShardRange,
  segments: AsyncIterable<Segment>,
): AsyncIterableIterator<Segment> {
  let { position, counts } = from;
  for await (const segment of segments) {
    if (segment.previous !== position) throw gap(to.shard, position, segment.previous);
    ({ position, counts } = segment.head);
    yield segment;
  }
  if (position !== to.position) throw gap(to.shard, position, to.position);
  const differs = Object.entries(to.counts).find(
    ([name, count]) => counts[name as keyof typeof counts] !== count,
  );
  if (differs !== undefined) {
    throw new StoreError(`segments of ${to.shard} up to ${position} do not add up to ${differs.join(" ")}`);
  }
}

const gap = (shard: string, after: string, before: string): StoreError =>
  new StoreError(`segments of ${shard} have a gap after ${after}, before ${before}`);
