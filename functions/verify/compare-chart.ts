import type { ChartEntry } from "#src/domain/chart.ts";
import type { RecountedEntry } from "#src/recount/charts.ts";
import { compareValues } from "./drift-report.ts";

/** What follows from a window's plays alone, and what does from all plays. Previous rank, peak and who is back belong to one store's log. */
const ofWindow = ["id", "score", "plays", "listenedMs"] as const;
const ofAllTime = ["title", "artist", "firstPlayedAt"] as const;

/** How a chart differs from what it should be. */
export function compareChart(
  key: string,
  expected: readonly RecountedEntry[],
  stored: readonly ChartEntry[],
  allTime: boolean,
): readonly string[] {
  const fields = allTime ? [...ofWindow, ...ofAllTime] : ofWindow;
  const longer = Math.max(expected.length, stored.length);
  const differences: string[] = [];
  for (let at = 0; at < longer; at++) {
    const [mine, theirs] = [expected[at], stored[at]];
    for (const field of fields)
      differences.push(...compareValues(`${key} rank ${at + 1} ${field}`, mine?.[field], theirs?.[field]));
  }
  return differences;
}
