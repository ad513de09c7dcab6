import { useId, useMemo, useRef } from "preact/hooks";
import { type ChartWindow, chartWindows } from "#src/domain/windows.ts";
import { scoreAt } from "#src/wire/chart-view.ts";
import type { ChartSnapshot, PublicList } from "#src/wire/push-protocol.ts";
import { chartTable } from "../lib/chart-table.ts";
import { entryDetails, risingReason, windowWords } from "../lib/chart-words.ts";
import { formatCount, formatScore } from "../lib/format.ts";
import { MoveHistory } from "../lib/move-history.ts";
import { useChannel, usePage } from "../state/page.ts";
import { useAddress, useChange } from "../state/use-address.ts";
import { useNow } from "../state/use-now.ts";
import { ChartRow } from "./chart-row.tsx";
import { ExportButtons } from "./export-buttons.tsx";
import { RadioSwitch } from "./radio-switch.tsx";
import { Skeleton } from "./skeleton.tsx";
import { useMovingRows } from "./use-moving-rows.ts";

/** So many entries are shown at first. */
const firstEntries = 15;
const exportedEntries = 500;
/** How often scores are drawn anew, and old marks taken away, while nothing comes, ms. */
const fadeEveryMs = 5000;
const windowOptions = chartWindows.map((value) => ({ value, label: windowWords[value].short }));

interface ChartCardProps {
  /** Which of the two it is: the address keeps a window for each. */
  readonly side: "left" | "right";
}

/** A live chart, and the choice which. */
export function ChartCard({ side }: ChartCardProps) {
  const { list, [side]: window, isWhole, isDetailed } = useAddress();
  const change = useChange();
  const channel = useChannel(`${list}.${window}`);
  const titleId = useId();
  const words = windowWords[window];
  return (
    <section class="card chart-card" aria-labelledby={titleId}>
      <RadioSwitch
        legend={`Window of the ${side} chart`}
        name={`${side}-window`}
        options={windowOptions}
        value={window}
        onChange={(value) => change({ [side]: value })}
      />
      <div class="card-head">
        <h2 id={titleId}>{words.title}</h2>
        <p class="muted">{words.explanation}</p>
        <span class="unit">{words.unit}</span>
      </div>
      {channel === undefined ? (
        <Skeleton rows={firstEntries} label={words.title} />
      ) : (
        <ChartRows key={channel.channel} snapshot={channel} list={list} titleId={titleId} />
      )}
      <footer class="card-foot">
        <button
          type="button"
          class="link"
          aria-pressed={isDetailed}
          onClick={() => change({ isDetailed: !isDetailed }, "replace")}
        >
          {isDetailed ? "Fewer details" : "More details"}
        </button>
        {channel !== undefined && channel.entries.length > firstEntries && (
          <button type="button" class="link" onClick={() => change({ isWhole: !isWhole }, "replace")}>
            {isWhole ? `Show the first ${firstEntries}` : `Show all ${formatCount(channel.entries.length)}`}
          </button>
        )}
        <ChartExport list={list} window={window} />
      </footer>
    </section>
  );
}

interface ChartRowsProps {
  readonly snapshot: ChartSnapshot;
  readonly list: PublicList;
  readonly titleId: string;
}

function ChartRows({ snapshot, list, titleId }: ChartRowsProps) {
  const { isWhole, isDetailed } = useAddress();
  const now = useNow(fadeEveryMs);
  const rows = useRef<HTMLOListElement>(null);
  const history = useHistory(snapshot);
  const entries = isWhole ? snapshot.entries : snapshot.entries.slice(0, firstEntries);
  const ids = useMemo(() => entries.map(({ id }) => id), [snapshot, isWhole]);
  useMovingRows(rows, ids);
  if (entries.length === 0) return <EmptyChart snapshot={snapshot} />;
  const best = entries[0]?.score ?? 0;
  return (
    <ol ref={rows} class="chart" data-tall={isDetailed || undefined} aria-labelledby={titleId}>
      {entries.map((entry) => (
        <ChartRow
          key={entry.id}
          {...{ list, id: entry.id, title: entry.title, artist: entry.artist, rank: entry.rank }}
          score={formatScore(scoreAt(entry.score, snapshot.decay, Math.max(snapshot.now, now)))}
          share={best > 0 ? Math.max(0, Math.round((100 * entry.score) / best) / 100) : 0}
          mark={history.markOf(entry.id, performance.now())}
          reason={risingReason(entry)}
          details={isDetailed ? entryDetails(entry) : undefined}
        />
      ))}
    </ol>
  );
}

/** The places of a chart's versions, each taken once. */
function useHistory(snapshot: ChartSnapshot): MoveHistory {
  const history = useRef<MoveHistory>(undefined);
  const taken = useRef<ChartSnapshot>(undefined);
  history.current ??= new MoveHistory();
  if (taken.current !== snapshot) {
    // The window rolled over: everything would be new.
    if (taken.current !== undefined && taken.current.log !== snapshot.log)
      history.current = new MoveHistory();
    history.current.take(snapshot.entries, performance.now());
    taken.current = snapshot;
  }
  return history.current;
}

function EmptyChart({ snapshot }: { readonly snapshot: ChartSnapshot }) {
  const isRising = snapshot.channel.endsWith(".rising");
  return (
    <p class="empty">
      {isRising
        ? "Nothing rises above what was expected this hour."
        : "Nobody has played anything here yet. Add a play, and it is here with the next epoch."}
    </p>
  );
}

function ChartExport({ list, window }: { readonly list: PublicList; readonly window: ChartWindow }) {
  const { api } = usePage();
  return (
    <ExportButtons
      label={windowWords[window].title}
      fileName={`earworm-${list}-${window}`}
      tableOf={async () => {
        const answer = await api.get<Parameters<typeof chartTable>[0]>(
          `/charts/${list}?window=${window}&limit=${exportedEntries}`,
        );
        return answer.ok ? chartTable(answer.value) : undefined;
      }}
    />
  );
}
