import { type DimensionValue, nameOfValue } from "../lib/dimensions.ts";
import { formatCount, formatDate, formatPlural } from "../lib/format.ts";
import { useChange } from "../state/use-address.ts";
import { useAnswer } from "../state/use-answer.ts";
import { AddressLink } from "./address-link.tsx";
import { Drawer } from "./drawer.tsx";
import { ErrorNote } from "./error-note.tsx";
import { ExportButtons } from "./export-buttons.tsx";
import { ShareBar } from "./share-bar.tsx";
import { Skeleton } from "./skeleton.tsx";

/** `GET /charts/songs?by=&value=`: counted by a sketch that may count an entry too high, by `error` at most. */
interface ValueChart {
  /** When it began to count today, ISO 8601; null where it has not. */
  readonly since: string | null;
  readonly plays: number;
  readonly error: number;
  readonly entries: readonly {
    readonly rank: number;
    readonly id: string;
    readonly title: string;
    readonly artist: string;
    readonly plays: number;
    readonly error: number;
  }[];
}

const refreshEveryMs = 3000;

function subtitleOf(chart: ValueChart | undefined): string {
  if (chart === undefined || chart.since === null) return "songs today, UTC";
  return `${formatPlural(chart.plays, "play")} since ${formatDate(Date.parse(chart.since))}`;
}

/** Today's songs of one genre, platform, mood or country. */
export function ValueDrawer({ by, value }: DimensionValue) {
  const change = useChange();
  const query = new URLSearchParams({ by, value });
  const { value: chart, problem, retry } = useAnswer<ValueChart>(`/charts/songs?${query}`, refreshEveryMs);
  const name = nameOfValue({ by, value });
  return (
    <Drawer title={name} subtitle={subtitleOf(chart)} onClose={() => change({ value: undefined })}>
      {chart === undefined && problem === undefined && <Skeleton rows={12} label={name} />}
      {problem !== undefined && (
        <ErrorNote title="Its songs could not be had" reason={problem.message} onRetry={retry} />
      )}
      {chart !== undefined && (
        <>
          <p class="approximate">
            <b>Approximate.</b>{" "}
            {chart.error === 0
              ? "So far every count is exact."
              : "A count may be too high, by what stands behind the minus sign at most, and is never too low."}
          </p>
          {chart.entries.length === 0 && <p class="empty">No song of today.</p>}
          <ol class="chart plain" aria-label={`Songs: ${name}`}>
            {chart.entries.map((entry) => (
              <li key={entry.id}>
                <ShareBar share={entry.plays / (chart.entries[0]?.plays ?? 1)} />
                <span class="rank">{entry.rank}</span>
                <span class="entry">
                  <AddressLink to={{ song: entry.id }} class="name cover">
                    {entry.title || entry.artist}
                  </AddressLink>
                  {entry.title !== "" && <span class="by">{entry.artist}</span>}
                </span>
                <span class="score">
                  {formatCount(entry.plays)}
                  {entry.error > 0 && <span class="muted"> −{formatCount(entry.error)}</span>}
                </span>
              </li>
            ))}
          </ol>
          <footer class="card-foot">
            <ExportButtons
              label={`songs: ${name}`}
              fileName={`earworm-${by}-${value}`}
              tableOf={() => ({
                head: ["rank", "id", "title", "artist", "plays", "error"],
                rows: chart.entries.map((entry) => [
                  ...[entry.rank, entry.id, entry.title, entry.artist, entry.plays, entry.error],
                ]),
              })}
            />
          </footer>
        </>
      )}
    </Drawer>
  );
}
