import { type ChartEntryView, scoreAt } from "#src/wire/chart-view.ts";
import type { ChartSnapshot } from "#src/wire/push-protocol.ts";
import { byId, setText, span } from "./dom.ts";
import { formatScore } from "./format.ts";
import { KeyedList, type RowKind } from "./keyed-list.ts";

const shownEntries = 20;

interface Row {
  readonly entry: ChartEntryView;
  /** As of the snapshot's epoch. */
  readonly score: number;
  /** Of the best entry's score, 0 to 1. */
  readonly share: number;
  /** Nothing moves in a chart's first version. */
  readonly isFirst: boolean;
}

/** One chart of the page. */
export class ChartList {
  readonly #list: KeyedList<Row>;
  readonly #empty: HTMLElement;

  constructor(id: "hot" | "day") {
    this.#list = new KeyedList(byId(`${id}-list`, HTMLOListElement), rowKind);
    this.#empty = byId(`${id}-empty`, HTMLElement);
  }

  show(snapshot: ChartSnapshot): void {
    const { decay, now } = snapshot;
    const best = snapshot.entries[0]?.score ?? 0;
    const rows = snapshot.entries.slice(0, shownEntries).map((entry) => ({
      entry,
      score: scoreAt(entry.score, decay, now),
      share: best > 0 ? entry.score / best : 0,
      isFirst: snapshot.seq <= 1,
    }));
    this.#list.show(rows);
    this.#empty.hidden = rows.length > 0;
    setText(this.#empty, "Nobody has played anything yet. Add a play, and it is here with the next epoch.");
  }

  /** While another list is on its way. */
  clear(): void {
    this.#list.show([]);
    this.#empty.hidden = true;
  }
}

const rowKind: RowKind<Row> = {
  keyOf: ({ entry }) => entry.id,
  create() {
    const row = document.createElement("li");
    const label = document.createElement("span");
    label.append(span("name"), span("by"));
    row.append(span("rank"), span("move"), label, span("score"));
    return row;
  },
  fill(row, { entry, score, share, isFirst }) {
    const part = (className: string) => row.querySelector<HTMLElement>(`.${className}`) ?? row;
    const isSong = entry.artist !== entry.id;
    setText(part("rank"), String(entry.rank));
    setText(part("name"), (isSong && entry.title) || entry.artist);
    setText(part("by"), isSong && entry.title !== "" ? entry.artist : "");
    setText(part("score"), formatScore(score));
    row.title = `${entry.title || entry.artist}: peak ${entry.peak}`;
    row.style.setProperty("--share", share.toFixed(4));
    fillMove(part("move"), entry, isFirst);
  },
};

function fillMove(element: HTMLElement, entry: ChartEntryView, isFirst: boolean): void {
  const { rank, previous_rank: before } = entry;
  const steps = isFirst || before === null ? 0 : before - rank;
  const isNew = before === null && !isFirst;
  const direction = isNew ? "new" : steps > 0 ? "up" : steps < 0 ? "down" : "same";
  const texts = { new: "new", up: `▲ ${steps}`, down: `▼ ${-steps}`, same: "" };
  const labels = { new: "new", up: `up ${steps}`, down: `down ${-steps}`, same: "" };
  element.dataset["direction"] = direction;
  element.setAttribute("aria-label", labels[direction]);
  setText(element, texts[direction]);
}
