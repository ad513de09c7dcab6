import type { RecentPlayView } from "#src/wire/recent-feed.ts";
import type { RecentSnapshot } from "#src/wire/push-protocol.ts";
import { byId, setText, span } from "./dom.ts";
import { formatAge } from "./format.ts";
import { KeyedList, type RowKind } from "./keyed-list.ts";

const shownPlays = 8;

/** The feed of the newest plays. */
export class RecentList {
  readonly #now: () => number;
  readonly #list: KeyedList<RecentPlayView>;
  readonly #empty = byId("recent-empty", HTMLElement);
  #rows: readonly RecentPlayView[] = [];

  /** @param now the server's time, epoch ms */
  constructor(now: () => number) {
    this.#now = now;
    this.#list = new KeyedList(byId("recent-list", HTMLOListElement), this.#rowKind());
  }

  show(snapshot: RecentSnapshot): void {
    this.#rows = snapshot.entries.slice(0, shownPlays);
    this.refresh();
  }

  /** Says anew how long ago each play was. */
  refresh(): void {
    this.#list.show(this.#rows);
    this.#empty.hidden = this.#rows.length > 0;
    setText(this.#empty, "No plays yet.");
  }

  #rowKind(): RowKind<RecentPlayView> {
    return {
      keyOf: ({ key }) => key,
      create() {
        const row = document.createElement("li");
        row.append(span("name"), span("when"), span("by"));
        return row;
      },
      fill: (row, { track, started_at }) => {
        const [name, when, by] = row.children;
        if (name !== undefined) setText(name, track.title || track.artist);
        if (when !== undefined) setText(when, formatAge(this.#now() - started_at));
        if (by !== undefined) setText(by, track.title === "" ? "" : track.artist);
      },
    };
  }
}
