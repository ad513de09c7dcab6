import type { ShardRange } from "./epoch.ts";
import { StoreError } from "./errors.ts";
import type { Segment } from "./segment.ts";

/**
 * Passes on the segments of a range and checks that each follows the one before it and that the last one ends, in
 * position and totals, where the range ends (I4). A reader must finish the walk before it writes.
 *
 * @throws StoreError at a gap; a retry reads again
 */
export async function* walkChain(
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
