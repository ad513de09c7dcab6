import { minuteMs } from "#src/domain/windows.ts";
import type { MinuteView } from "#src/wire/minutes.ts";

/** So many minutes are shown: fewer at first, so that a young server's hour is not one bar at the edge. */
const mostMinutes = 60;
const fewestMinutes = 10;

/** Columns of one length, a place for each minute, the running one last. */
export interface MinuteSeries {
  /** Starts of the minutes, epoch seconds. */
  readonly times: readonly number[];
  /** null before the first minute that is known. */
  readonly plays: readonly (number | null)[];
  readonly listeners: readonly (number | null)[];
  /** Percent of the minute's plays; null where there were none. */
  readonly skipRate: readonly (number | null)[];
  readonly completionRate: readonly (number | null)[];
}

/**
 * Minutes without plays are not sent: between those that are, there were none.
 *
 * @param minutes oldest first
 * @param now the server's time, epoch ms
 */
export function minuteSeries(minutes: readonly MinuteView[], now: number): MinuteSeries {
  const newest = Math.max(Math.floor(now / minuteMs) * minuteMs, minutes.at(-1)?.minute ?? 0);
  const first = minutes[0]?.minute ?? newest;
  const known = Math.ceil((newest - first) / minuteMs) + 1;
  const shown = Math.min(mostMinutes, Math.max(fewestMinutes, known));
  const byStart = new Map(minutes.map((view) => [view.minute, view]));
  const starts = Array.from({ length: shown }, (_, i) => newest - (shown - 1 - i) * minuteMs);
  const views = starts.map((start) => byStart.get(start));
  const countOf = (name: "plays" | "listeners") =>
    starts.map((start, i) => views[i]?.[name] ?? (start < first ? null : 0));
  const rateOf = (name: "skips" | "completes") =>
    views.map((view) => (view === undefined || view.plays === 0 ? null : (100 * view[name]) / view.plays));
  return {
    times: starts.map((start) => start / 1000),
    plays: countOf("plays"),
    listeners: countOf("listeners"),
    skipRate: rateOf("skips"),
    completionRate: rateOf("completes"),
  };
}

/** Sums over the minutes that are known. */
export function sumMinutes(
  minutes: readonly MinuteView[],
): Pick<MinuteView, "plays" | "skips" | "completes"> {
  const sum = { plays: 0, skips: 0, completes: 0 };
  for (const { plays, skips, completes } of minutes) {
    sum.plays += plays;
    sum.skips += skips;
    sum.completes += completes;
  }
  return sum;
}
