import { compareUtf8 } from "./utf8-order.ts";

/** An id that has a counter. */
export interface Monitored<Label> {
  readonly id: string;
  readonly label: Label;
  /** Never less than how often the id came. */
  readonly count: number;
  /** By how much `count` may be too large. */
  readonly error: number;
}

/** All that a `SpaceSaving` of some capacity is. */
export interface SpaceSavingState<Label> {
  /** How often ids came, all of them together. */
  readonly total: number;
  /** Who has no counter came at most so often. */
  readonly floor: number;
  /** The largest first. */
  readonly monitored: readonly Monitored<Label>[];
}

/**
 * How often ids came in a part of a stream, exactly. They have numbers, because most of them come so seldom that nobody
 * needs their names.
 */
export interface ExactCounts<Label> {
  /** How often ids came, all of them together. */
  readonly total: number;
  /** Distinct ids, by number, ... */
  readonly ids: ArrayLike<number>;
  /** ... and how often each of them came, in the same order. */
  readonly counts: ArrayLike<number>;
  /** Undefined for an id that never came. */
  numberOf(id: string): number | undefined;
  nameOf(number: number): Pick<Monitored<Label>, "id" | "label">;
}

/** Counts of a few ids. @param times how often each of them came, at least once */
export function exactCounts<Label>(
  times: ReadonlyMap<string, number>,
  labelOf: (id: string) => Label,
): ExactCounts<Label> {
  const names = [...times.keys()];
  const numbers = new Map(names.map((id, number) => [id, number]));
  const counts = [...times.values()];
  return {
    total: counts.reduce((sum, count) => sum + count, 0),
    ids: [...names.keys()],
    counts,
    numberOf: (id) => numbers.get(id),
    nameOf: (number) => ({ id: names[number] as string, label: labelOf(names[number] as string) }),
  };
}

/** `Monitored` that grows in place. */
interface Counter<Label> extends Monitored<Label> {
  count: number;
  error: number;
}

/**
 * Finds what comes often in a stream, with a bounded number of counters: A. Metwally, D. Agrawal, A. El Abbadi, "Efficient
 * Computation of Frequent and Top-k Elements in Data Streams", ICDT 2005. Who has no counter takes over the smallest one, and
 * its count as an error.
 *
 * Of an id with a counter, count - error <= how often it came <= count; any other came at most `floor` times. Where the
 * floor was 0 at first, it is at most total / capacity, so that whoever came more often has a counter.
 *
 * Which ids have counters depends on the order in which they come; ties do not: of equals the one with the larger error
 * goes, then the one whose id comes last by UTF-8 bytes.
 */
export class SpaceSaving<Label> {
  readonly #capacity: number;
  readonly #monitored: Map<string, Counter<Label>>;
  #total: number;
  #floor: number;

  /**
   * @param capacity how many counters there are, at least 1
   * @param state what it starts with: at most `capacity` monitored ids, none of which counts less than the floor
   */
  constructor(capacity: number, state: SpaceSavingState<Label> = { total: 0, floor: 0, monitored: [] }) {
    this.#capacity = capacity;
    this.#total = state.total;
    this.#floor = state.floor;
    this.#monitored = new Map(state.monitored.map((entry) => [entry.id, { ...entry }]));
  }

  get total(): number {
    return this.#total;
  }

  get floor(): number {
    return this.#floor;
  }

  /** An id came `count` times, which is at least 1. Its label is that with which it got its counter. */
  add(id: string, count: number, label: Label): void {
    this.#total += count;
    const known = this.#monitored.get(id);
    if (known !== undefined) {
      known.count += count;
      return;
    }
    this.#cutTo(this.#capacity - 1);
    const floor = this.#floor;
    this.#monitored.set(id, { id, label, count: floor + count, error: floor });
  }

  /**
   * Adds a part of the stream at once: P. K. Agarwal, G. Cormode, Z. Huang, J. M. Phillips, Z. Wei, K. Yi, "Mergeable
   * Summaries", PODS 2012, where the other summary is exact. Whoever has no counter yet may have come as often as the floor
   * before; then the largest stay. The total bounds the floor as it does where ids come one by one.
   */
  addCounts(other: ExactCounts<Label>): void {
    const { ids, counts } = other;
    const missed = this.#floor;
    const known = this.#addToKnown(other);
    const least = this.#leastOfFull();
    for (let i = 0; i < ids.length; i++) {
      const count = (counts[i] as number) + missed;
      // Most of what comes is seldom: it need not be named and sorted to find that it gets no counter.
      const isSeldom = count < least;
      if ((isSeldom && count <= this.#floor) || known.has(ids[i] as number)) continue;
      if (isSeldom) {
        this.#floor = count;
        continue;
      }
      const { id, label } = other.nameOf(ids[i] as number);
      this.#monitored.set(id, { id, label, count, error: missed });
    }
    this.#total += other.total;
    this.#cutTo(this.#capacity);
  }

  /** Adds to those that have a counter, and returns their numbers. */
  #addToKnown(other: ExactCounts<Label>): ReadonlyMap<number, Counter<Label>> {
    const known = new Map<number, Counter<Label>>();
    for (const counter of this.#monitored.values()) {
      const number = other.numberOf(counter.id);
      if (number !== undefined) known.set(number, counter);
    }
    for (let i = 0; i < other.ids.length; i++) {
      const counter = known.get(other.ids[i] as number);
      if (counter !== undefined) counter.count += other.counts[i] as number;
    }
    return known;
  }

  state(): SpaceSavingState<Label> {
    const monitored = this.#inOrder().map((entry) => ({ ...entry }));
    return { total: this.#total, floor: this.#floor, monitored };
  }

  /** The smallest count where every counter is taken, else 0. */
  #leastOfFull(): number {
    if (this.#monitored.size < this.#capacity) return 0;
    let least = Number.POSITIVE_INFINITY;
    for (const { count } of this.#monitored.values()) least = Math.min(least, count);
    return least;
  }

  /** Whoever loses its counter came at most as often as it says. */
  #cutTo(size: number): void {
    if (this.#monitored.size <= size) return;
    for (const { id, count } of this.#inOrder().slice(size)) {
      this.#monitored.delete(id);
      this.#floor = Math.max(this.#floor, count);
    }
  }

  #inOrder(): Counter<Label>[] {
    return [...this.#monitored.values()].sort(
      (a, b) => b.count - a.count || a.error - b.error || compareUtf8(a.id, b.id),
    );
  }
}
