import type { EpochMs } from "#src/domain/play.ts";
import { dayMs, hourMs, weekMs } from "#src/domain/windows.ts";
import { windowOf } from "#src/recount/windows.ts";

/** Hours, days and weeks that lie wholly between two times. */
export interface WindowRange {
  /** Epoch ms. */
  readonly from: EpochMs;
  /** Epoch ms, exclusive. */
  readonly to: EpochMs;
}

/** Plays start at most an hour after they arrive. */
const aheadMs = hourMs;
/** What may make a play of the first hour a duplicate arrived at most an hour before it. */
const dedupeMs = hourMs;

export function liesIn(window: string, { from, to }: WindowRange): boolean {
  const found = windowOf(window);
  return found !== undefined && !/^[xy]\./.test(window) && found.start >= from && found.end <= to;
}

/** Whether at least one hour does. */
export const holdsAWindow = (range: WindowRange): boolean => holds(range, hourMs, 0);

/** When plays of these windows arrive. */
export function arrivalsOf({ from, to }: WindowRange): WindowRange {
  return {
    from: Math.max(0, from - aheadMs - dedupeMs) as EpochMs,
    to: (to + graceMs({ from, to })) as EpochMs,
  };
}

/** Until how long after their end the longest windows of the range take plays. */
function graceMs(range: WindowRange): number {
  const thursday = 3 * dayMs; // weeks begin on Mondays, time on a Thursday
  if (holds(range, weekMs, thursday)) return 5 * weekMs;
  return holds(range, dayMs, 0) ? 8 * dayMs : 48 * hourMs;
}

/** Whether a window of this length fits in. @param offset of the windows' grid, ms */
const holds = ({ from, to }: WindowRange, lengthMs: number, offset: number): boolean =>
  (Math.ceil((from + offset) / lengthMs) + 1) * lengthMs <= to + offset;
