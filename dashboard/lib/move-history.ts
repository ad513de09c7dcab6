/** How far back a mark looks, ms: long enough to be read. */
export const markedForMs = 10_000;

export type MoveMark =
  | { readonly kind: "same" }
  | { readonly kind: "new" }
  | { readonly kind: "back" }
  | { readonly kind: "up" | "down"; readonly steps: number };

interface Place {
  readonly at: number;
  /** From 1; 0 where the entry was not in the chart. */
  readonly rank: number;
}

interface Ranked {
  readonly id: string;
  readonly rank: number;
  /** Was in the chart before, long ago. */
  readonly back?: true;
}

const same: MoveMark = { kind: "same" };
const entered: MoveMark = { kind: "new" };
const back: MoveMark = { kind: "back" };
const marks = new Map<number, MoveMark>();

/** @param steps upwards; below 0 for downwards */
function markOfSteps(steps: number): MoveMark {
  const known = marks.get(steps);
  if (known !== undefined) return known;
  const mark: MoveMark = { kind: steps > 0 ? "up" : "down", steps: Math.abs(steps) };
  marks.set(steps, mark);
  return mark;
}

/**
 * Where the entries of a chart stood lately. A mark compares a rank with that of ten seconds ago and not with the version
 * before, which is one tick old: it would be gone before it is read.
 */
export class MoveHistory {
  #places = new Map<string, readonly Place[]>();
  #back = new Set<string>();
  #isFirst = true;

  /** @param at when this version came, ms of any clock that only goes forward */
  take(entries: readonly Ranked[], at: number): void {
    const places = new Map<string, readonly Place[]>();
    const returned = new Set<string>();
    for (const { id, rank, back: isBack } of entries) {
      const known =
        this.#places.get(id) ?? (this.#isFirst ? [] : [{ at: Number.NEGATIVE_INFINITY, rank: 0 }]);
      places.set(id, known.at(-1)?.rank === rank ? known : [...since(known, at), { at, rank }]);
      if (isBack === true || this.#back.has(id)) returned.add(id);
    }
    this.#places = places;
    this.#back = returned;
    this.#isFirst = false;
  }

  /** The same mark is the same object, so that a row that has it need not be drawn anew. */
  markOf(id: string, now: number): MoveMark {
    const places = since(this.#places.get(id) ?? [], now);
    const [before, after] = [places[0], places.at(-1)];
    if (before === undefined || after === undefined || before.rank === after.rank) return same;
    if (before.rank === 0) return this.#back.has(id) ? back : entered;
    return markOfSteps(before.rank - after.rank);
  }
}

/** The places from the one that was held `markedForMs` ago on. */
function since(places: readonly Place[], now: number): readonly Place[] {
  const start = places.findLastIndex(({ at }) => at <= now - markedForMs);
  return start <= 0 ? places : places.slice(start);
}
