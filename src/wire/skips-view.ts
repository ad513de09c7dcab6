import type { EpochMs } from "../domain/play.ts";
import type { DayEndings } from "../domain/series.ts";
import { dayMs } from "../domain/windows.ts";
import { formatIsoTime } from "./iso-time.ts";

/** How the plays that arrived on a UTC day ended, unqualified ones included. */
export interface EndingsView {
  /** `2026-11-20`. */
  readonly day: string;
  /** The sum of the other three. */
  readonly plays: number;
  readonly completed: number;
  /** Also those that were completed as well. */
  readonly skipped: number;
  readonly neither: number;
}

/** The endings of the day that is current at `now`, epoch ms; undefined where no play arrived in it. */
export const endingsAt = (newest: DayEndings | undefined, now: number): DayEndings | undefined =>
  newest !== undefined && newest.day >= startOfDay(now) ? newest : undefined;

/** What `endingsAt` is shown as. */
export function viewEndings(newest: DayEndings | undefined, now: number): EndingsView {
  const endings = endingsAt(newest, now);
  const { day, completed, skipped, neither } = endings ?? {
    day: startOfDay(now),
    ...{ completed: 0, skipped: 0, neither: 0 },
  };
  return {
    day: formatIsoTime(day).slice(0, 10),
    plays: completed + skipped + neither,
    ...{ completed, skipped, neither },
  };
}

const startOfDay = (now: number): EpochMs => (now - (now % dayMs)) as EpochMs;
