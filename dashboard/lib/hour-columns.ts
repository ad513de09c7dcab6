import { hourMs } from "#src/domain/windows.ts";

const mostHours = 48;
const fewestHours = 12;

interface HourFigures {
  /** Its start, ISO 8601. */
  readonly hour: string;
  readonly plays: number;
}

/**
 * The last 48 hours, or those since the first play but 12 at least, the running one last. Hours that are left out had no
 * plays.
 *
 * @param now epoch ms
 * @returns starts in epoch seconds, and plays
 */
export function hourColumns(
  hours: readonly HourFigures[],
  now: number,
): { readonly x: readonly number[]; readonly plays: readonly number[] } {
  const byStart = new Map(hours.map(({ hour, plays }) => [Date.parse(hour), plays]));
  const newest = Math.floor(now / hourMs) * hourMs;
  const since = Math.floor((newest - Math.min(newest, ...byStart.keys())) / hourMs) + 1;
  const shown = Math.min(mostHours, Math.max(fewestHours, since));
  const starts = Array.from({ length: shown }, (_, i) => newest - (shown - 1 - i) * hourMs);
  return { x: starts.map((start) => start / 1000), plays: starts.map((start) => byStart.get(start) ?? 0) };
}
