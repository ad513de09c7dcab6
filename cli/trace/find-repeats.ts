import { type EpochNumber, type EpochRecord, rangesOf } from "#src/domain/epoch.ts";
import type { Arrival } from "./find-event.ts";

/** An arrival, and the epoch that owns it if one does. */
export interface OwnedArrival {
  readonly arrival: Arrival;
  readonly record: EpochRecord | undefined;
}

/**
 * The arrivals of an event id as marked plays that do not count (I3): all but the first in the epoch that claimed the id.
 *
 * @param arrivals in order of arrival
 * @param claimedBy undefined where nobody has claimed the id yet: then none is known to be a repeat
 */
export function findRepeats(
  arrivals: readonly OwnedArrival[],
  claimedBy: EpochNumber | undefined,
): ReadonlySet<Arrival> {
  if (claimedBy === undefined) return new Set();
  const marked = arrivals.filter(
    ({ arrival: { outcome } }) => outcome.kind === "counted" && outcome.isMarked,
  );
  // A stage walks an epoch shard by shard, each in order of arrival.
  const [counted] = marked
    .filter(({ record }) => record?.epoch === claimedBy)
    .toSorted((a, b) => placeOf(a) - placeOf(b));
  return new Set(marked.filter((each) => each !== counted).map(({ arrival }) => arrival));
}

/** When its shard's turn is in the walk of its epoch. */
function placeOf({ arrival, record }: OwnedArrival): number {
  const ranges = record === undefined ? [] : rangesOf(record);
  return ranges.findIndex(({ to }) => to.shard === arrival.segment.head.shard);
}
