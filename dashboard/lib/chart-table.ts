import type { ChartEntryView } from "#src/wire/chart-view.ts";
import type { CsvTable } from "./csv.ts";

/** What `GET /charts/{list}` answers, as far as it is exported; times are ISO 8601. */
interface ChartAnswer {
  readonly entries: readonly (Omit<ChartEntryView, "first_played_at"> & {
    readonly first_played_at: string;
  })[];
}

/** A chart as a table for a file. */
export function chartTable({ entries }: ChartAnswer): CsvTable {
  const isRising = entries.some(({ expected }) => expected !== undefined);
  return {
    head: [
      ...["rank", "previous_rank", "peak", "id", "title", "artist", "plays", "listened_ms", "score"],
      ...(isRising ? ["expected", "listeners"] : []),
      "first_played_at",
    ],
    rows: entries.map((entry) => [
      ...[entry.rank, entry.previous_rank, entry.peak, entry.id, entry.title, entry.artist],
      ...[entry.plays, entry.listened_ms, entry.score],
      ...(isRising ? [entry.expected, entry.listeners] : []),
      entry.first_played_at,
    ]),
  };
}
