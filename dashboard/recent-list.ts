import type { RecentPlayView } from "#src/wire/chart-view.ts";
import type { RecentSnapshot } from "#src/wire/push-protocol.ts";
import { byId, setText, span } from "./dom.ts";
import { formatAge } from "./format.ts";
import { KeyedList, type RowKind } from "./keyed-list.ts";

const shownPlays = 8;

/** A play with what tells it from the others: the feed names no events. */
interface RecentRow {
  readonly key: string;
  readonly play: RecentPlayView;
}

/** The first plays; of those that look alike, each has a number of its own. */
function rowsOf(plays: readonly RecentPlayView[]): readonly RecentRow[] {
  const alike = new Map<string, number>();
  return plays.slice(0, shownPlays).map((play) => {
    const look = `${play.started_at} ${play.track.id}`;
    const number = (alike.get(look) ?? 0) + 1;
    alike.set(look, number);
    return { key: `${number} ${look}`, play };
  });
}

/** The feed of the newest plays. */
export class RecentList {
  readonly #now: () => number;
  readonly #list: KeyedList<RecentRow>;
  readonly #empty = byId("recent-empty", HTMLElement);
  #rows: readonly RecentRow[] = [];

  /** @param now the server's time, epoch ms */
  constructor(now: () => number) {
    this.#now = now;
    this.#list = new KeyedList(byId("recent-list", HTMLOListElement), this.#rowKind());
  }

  show(snapshot: RecentSnapshot): void {
    this.#rows = rowsOf(snapshot.entries);
    this.refresh();
  }

  /** Says anew how long ago each play was. */
  refresh(): void {
    this.#list.show(this.#rows);
    this.#empty.hidden = this.#rows.length > 0;
    setText(this.#empty, "No plays yet.");
  }

  #rowKind(): RowKind<RecentRow> {
    return {
      keyOf: ({ key }) => key,
      create() {
        const row = document.createElement("li");
        row.append(span("name"), span("when"), span("by"));
        return row;
      },
      fill: (row, { play: { track, started_at } }) => {
        const [name, when, by] = row.children;
        if (name !== undefined) setText(name, track.title || track.artist);
        if (when !== undefined) setText(when, formatAge(this.#now() - started_at));
        if (by !== undefined) setText(by, track.title === "" ? "" : track.artist);
      },
    };
  }
}
