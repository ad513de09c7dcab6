import type { ChartWindow } from "#src/domain/windows.ts";
import type { ChartEntryView } from "#src/wire/chart-view.ts";
import { formatCount, formatListened, formatPlural, formatScore } from "./format.ts";

interface WindowWords {
  /** On the switch. */
  readonly short: string;
  readonly title: string;
  readonly explanation: string;
  /** What the figure at the end of a row is. */
  readonly unit: string;
}

export const windowWords: Readonly<Record<ChartWindow, WindowWords>> = {
  hot: { short: "Hot", title: "Hot now", explanation: "a play weighs half after an hour", unit: "Heat" },
  hot24: { short: "24 h", title: "Hot, 24 h", explanation: "a play weighs half after a day", unit: "Heat" },
  rising: { short: "Rising", title: "Rising", explanation: "more than expected this hour", unit: "Surprise" },
  hour: { short: "Hour", title: "This hour", explanation: "since the full hour", unit: "Plays" },
  day: { short: "Today", title: "Today", explanation: "since midnight UTC", unit: "Plays" },
  week: { short: "Week", title: "This week", explanation: "since Monday, UTC", unit: "Plays" },
  all: { short: "All", title: "All time", explanation: "everything ever counted", unit: "Plays" },
};

/** Why an entry rises: `62 plays this hour, 21 expected, about 40 listeners`; undefined in another chart. */
export function risingReason({ plays, expected, listeners }: ChartEntryView): string | undefined {
  if (expected === undefined) return undefined;
  // An estimate may exceed what it cannot be.
  const heard =
    listeners === undefined ? "" : `, about ${formatPlural(Math.min(listeners, plays), "listener")}`;
  return `${formatPlural(plays, "play")} this hour, ${formatScore(expected)} expected${heard}`;
}

/** What a row tells on demand: `was 4 · peak 2 · 31 plays · 1.6 h listened`. */
export function entryDetails(entry: ChartEntryView): string {
  return [
    entry.previous_rank === null ? "new" : `was ${formatCount(entry.previous_rank)}`,
    `peak ${formatCount(entry.peak)}`,
    formatPlural(entry.plays, "play"),
    `${formatListened(entry.listened_ms)} listened`,
  ].join(" · ");
}
