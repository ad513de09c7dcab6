import type { RecentPlayView } from "#src/wire/recent-feed.ts";
import {
  nextSort,
  type PlayColumnId,
  type PlaySort,
  playColumnIds,
  playColumns,
} from "../lib/play-columns.ts";
import { useNow } from "../state/use-now.ts";
import { PlayRow } from "./play-row.tsx";

interface PlaysTableProps {
  readonly plays: readonly RecentPlayView[];
  readonly sort: PlaySort;
  readonly onSort: (sort: PlaySort) => void;
  /** Whether a mouse is over the rows. */
  readonly onHover: (isOver: boolean) => void;
}

const numeric: ReadonlySet<PlayColumnId> = new Set(["duration", "position", "pct", "rating", "when"]);
/** A play that arrived within this is marked, ms. */
const freshMs = 1500;

/** Plays with all that is known of them; it scrolls sideways where it does not fit. */
export function PlaysTable({ plays, sort, onSort, onHover }: PlaysTableProps) {
  const now = useNow();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard
    <section class="table-frame" aria-label="Plays" tabIndex={0}>
      <table class="plays">
        <thead>
          <tr>
            {playColumnIds.map((id) => (
              <th
                key={id}
                scope="col"
                class={numeric.has(id) ? "number" : undefined}
                aria-sort={ariaSort(id, sort)}
              >
                <button type="button" onClick={() => onSort(nextSort(sort, id))}>
                  {playColumns[id].name}
                  <span class="arrow" aria-hidden="true">
                    {sort.by === id ? (sort.direction === "asc" ? "↑" : "↓") : ""}
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody
          onPointerEnter={({ pointerType }) => pointerType === "mouse" && onHover(true)}
          onPointerLeave={() => onHover(false)}
        >
          {plays.map((play) => (
            <PlayRow key={play.key} play={play} isFresh={now - play.arrived_at < freshMs} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function ariaSort(id: PlayColumnId, { by, direction }: PlaySort): "ascending" | "descending" | "none" {
  if (by !== id) return "none";
  return direction === "asc" ? "ascending" : "descending";
}
