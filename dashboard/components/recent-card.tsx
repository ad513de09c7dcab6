import { useMemo, useRef, useState } from "preact/hooks";
import type { RecentPlayView } from "#src/wire/recent-feed.ts";
import { formatCount, formatPlural } from "../lib/format.ts";
import { playColumnIds, playColumns, sortPlays } from "../lib/play-columns.ts";
import { isFiltering, matches, noFilter } from "../lib/play-filter.ts";
import { usePage } from "../state/page.ts";
import { useStore } from "../state/store.ts";
import { useAddress, useChange } from "../state/use-address.ts";
import { ExportButtons } from "./export-buttons.tsx";
import { PlayFilters } from "./play-filters.tsx";
import { PlaysTable } from "./plays-table.tsx";
import { Skeleton } from "./skeleton.tsx";

const firstRows = 25;

/** The plays that came while the page is open, filtered and sorted. */
export function RecentCard() {
  const { feed } = usePage();
  const { filter, sort } = useAddress();
  const change = useChange();
  const { plays: newest } = useStore(feed.held);
  const pause = usePause(newest);
  const [isWhole, setIsWhole] = useState(false);
  const plays = pause.plays ?? [];
  const found = useMemo(
    () =>
      sortPlays(
        plays.filter((play) => matches(play, filter)),
        sort,
      ),
    [plays, filter, sort],
  );
  const clear = () => change({ filter: noFilter }, "replace");
  return (
    <section class="card recent-card" aria-labelledby="recent-title">
      <div class="card-head">
        <h2 id="recent-title">Just played</h2>
        <p class="muted">
          {isFiltering(filter)
            ? `${formatCount(found.length)} of ${formatPlural(plays.length, "play")}`
            : `a sample, ${formatPlural(plays.length, "play")}`}
        </p>
        <span class="unit">
          {pause.isPaused && pause.waiting > 0 && `${formatCount(pause.waiting)} new `}
          <button
            type="button"
            class="button quiet"
            aria-pressed={pause.isPressed}
            onClick={() => pause.press(!pause.isPressed)}
          >
            {pause.isPressed ? "Go on" : "Pause"}
          </button>
        </span>
      </div>
      <PlayFilters plays={plays} filter={filter} onChange={(next) => change({ filter: next }, "replace")} />
      {newest === undefined && <Skeleton rows={8} label="plays" />}
      {newest !== undefined && found.length === 0 && (
        <div class="empty">
          <p>{plays.length === 0 ? "No plays yet." : "No play is like that."}</p>
          {isFiltering(filter) && (
            <button type="button" class="button quiet" onClick={clear}>
              Clear filters
            </button>
          )}
        </div>
      )}
      {found.length > 0 && (
        <PlaysTable
          plays={isWhole ? found : found.slice(0, firstRows)}
          sort={sort}
          onSort={(next) => change({ sort: next }, "replace")}
          onHover={pause.hover}
        />
      )}
      <footer class="card-foot">
        {found.length > firstRows && (
          <button type="button" class="link" onClick={() => setIsWhole(!isWhole)}>
            {isWhole ? `Show the first ${firstRows}` : `Show all ${formatCount(found.length)}`}
          </button>
        )}
        <ExportButtons label="plays" fileName="earworm-plays" tableOf={() => tableOf(found)} />
      </footer>
    </section>
  );
}

/** Holds the plays still while the pointer is over them, or until the button is pressed again. */
function usePause(newest: readonly RecentPlayView[] | undefined) {
  const [isPressed, press] = useState(false);
  const [isHovered, hover] = useState(false);
  const still = useRef(newest);
  const isPaused = isPressed || isHovered;
  if (!isPaused) still.current = newest;
  const plays = still.current ?? newest;
  const known = new Set(plays?.map(({ key }) => key));
  const waiting = isPaused ? (newest ?? []).filter(({ key }) => !known.has(key)).length : 0;
  return { plays, isPaused, isPressed, press, hover, waiting };
}

/** Times as ISO 8601; a song's length and what was heard of it in ms, as they came. */
const tableOf = (plays: readonly RecentPlayView[]) => ({
  head: ["track_id", ...playColumnIds],
  rows: plays.map((play) => [
    play.track.id,
    ...playColumnIds.map((id) =>
      id === "when" ? new Date(play.started_at).toISOString() : playColumns[id].read(play),
    ),
  ]),
});
