/** How a list makes and fills the rows of one kind of item. */
export interface RowKind<Item> {
  keyOf(item: Item): string;
  create(): HTMLLIElement;
  /** Called for new and for kept rows. */
  fill(row: HTMLLIElement, item: Item): void;
}

const slideMs = 320;

/** Patches an `<ol>`: rows are kept by key, moved where the order changed, and slide to their new place. */
export class KeyedList<Item> {
  readonly #list: HTMLOListElement;
  readonly #kind: RowKind<Item>;
  #rows = new Map<string, HTMLLIElement>();

  constructor(list: HTMLOListElement, kind: RowKind<Item>) {
    this.#list = list;
    this.#kind = kind;
  }

  show(items: readonly Item[]): void {
    const tops = new Map([...this.#rows].map(([key, row]) => [key, row.offsetTop]));
    const rows = new Map<string, HTMLLIElement>();
    for (const item of items) {
      const key = this.#kind.keyOf(item);
      const row = this.#rows.get(key) ?? this.#kind.create();
      this.#kind.fill(row, item);
      rows.set(key, row);
    }
    for (const [key, row] of this.#rows) {
      if (!rows.has(key)) row.remove();
    }
    this.#rows = rows;
    this.#order();
    slide(rows, tops);
  }

  /** Moves only the rows that are not where they belong. */
  #order(): void {
    let next = this.#list.firstElementChild;
    for (const row of this.#rows.values()) {
      if (row === next) next = row.nextElementSibling;
      else this.#list.insertBefore(row, next);
    }
  }
}

function slide(rows: ReadonlyMap<string, HTMLLIElement>, tops: ReadonlyMap<string, number>): void {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden) return;
  for (const [key, row] of rows) {
    const distance = (tops.get(key) ?? row.offsetTop) - row.offsetTop;
    if (distance === 0) continue;
    const frames = [{ transform: `translateY(${distance}px)` }, { transform: "none" }];
    row.animate(frames, { duration: slideMs, easing: "cubic-bezier(0.2, 0, 0, 1)" });
  }
}
