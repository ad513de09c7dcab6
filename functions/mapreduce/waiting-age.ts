import { rangesOf, type ShardRange } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { Head } from "#src/domain/position.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";

/** What waits for less than this, ms, is not worth the read that would tell the age exactly. */
const youngMs = 60_000;

/**
 * How long ago the oldest segment that no committed epoch owns was written, ms; 0 where none waits. What is told below a
 * minute may be too much.
 *
 * @param committed up to where the last committed epoch goes
 */
export async function waitingAgeMs(
  segments: SegmentStore,
  committed: readonly Head[],
  heads: readonly Head[],
  now: EpochMs,
): Promise<number> {
  const ages = await Promise.all(
    rangesOf({ from: committed, to: heads }).map((range) => ageOf(segments, range, now)),
  );
  return Math.max(0, ...ages);
}

async function ageOf(segments: SegmentStore, { from, to }: ShardRange, now: EpochMs): Promise<number> {
  // Arrivals never step back within a shard: what waits arrived, and was written, after what is committed arrived.
  const most = now - from.arrivedAt;
  if (most < youngMs) return most;
  for await (const { writtenAt } of segments.readRange(to.shard, from.position, to.position)) {
    return now - writtenAt;
  }
  return most; // the segment is gone: a gap, which the stages report
}
