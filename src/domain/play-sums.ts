import { grown } from "./grown.ts";
import type { EpochMs } from "./play.ts";
import { type Facts, factFlags } from "./segment.ts";
import type { Totals } from "./totals.ts";
import type { GroupShare } from "./window-groups.ts";

/** What a row of sums holds; its decay scores follow, in the order of its group. */
const field = {
  plays: 0,
  unqualified: 1,
  listenedMs: 2,
  completes: 3,
  skips: 4,
  ratingSum: 5,
  ratingCount: 6,
  /** The earliest start of a qualified play. */
  first: 7,
  decays: 8,
} as const;
/** Three landmarks each of two windows. */
const mostDecays = 6;
const width = 16;
const firstRows = 256;
/** Weights are below 2^41: a number adds them exactly up to here, and the rest is carried. */
const carryAt = 2 ** 52;
const none = -1;
/** So many rows of an owner are looked at before they are indexed. */
const mostSteps = 16;

/** The totals that have nothing to do with windows. */
type PlainTotals = Omit<Totals, "tenths" | "label" | "windows" | "decays" | "listeners">;

/**
 * Sums of plays in rows of plain numbers: one row for each owner (a song, an artist, a value; numbered from 0) and each
 * group of windows that its plays enter. Most owners have one row in an epoch, so that a play is one row's additions
 * however many windows it enters: tallies with a map of windows each were most of a large epoch's fold (ADR 27).
 */
export class PlaySums {
  #rows = 0;
  #sums = new Float64Array(firstRows * width);
  #group = new Int32Array(firstRows);
  /** The owner's next row. */
  #next = new Int32Array(firstRows);
  #listenersHigh = new Int32Array(firstRows);
  #listenersLow = new Int32Array(firstRows);
  /** The owner's newest row. */
  #head = new Int32Array(firstRows).fill(none);
  /** The rows by group of owners with many. */
  readonly #indexed = new Map<number, Map<number, number>>();
  /** How many times `carryAt` was taken out of a sum, by its place in `#sums`. */
  readonly #carried = new Map<number, number>();

  /** Of the owner who is asked for; kept for the next one. */
  readonly #counts = new Float64Array(field.decays);

  /** The owner's first row, or -1. */
  firstRow(owner: number): number {
    return owner < this.#head.length ? (this.#head[owner] ?? none) : none;
  }

  /** The owner's row after this one, or -1. */
  nextRow(row: number): number {
    return this.#next[row] ?? none;
  }

  /**
   * Adds each play to the owner that its index in a column stands for; where that is -1, to none.
   *
   * Rows are looked up for all plays before anything is added: they lie all over the memory, and those of one play need not be
   * waited for before those of the next are asked for.
   */
  addAll(
    column: ArrayLike<number>,
    owners: Int32Array,
    shares: readonly GroupShare[],
    { flags, listenedMs, rating, startedAt }: Facts,
  ): void {
    const rows = this.#rowsOf(column, owners, shares);
    const sums = this.#sums;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      if (row === none) continue;
      const at = row * width;
      const flag = flags[i] as number;
      sums[at + field.listenedMs] = (sums[at + field.listenedMs] as number) + (listenedMs[i] as number);
      if ((flag & factFlags.completed) !== 0)
        sums[at + field.completes] = (sums[at + field.completes] as number) + 1;
      if ((flag & factFlags.skipped) !== 0) sums[at + field.skips] = (sums[at + field.skips] as number) + 1;
      const stars = rating[i] as number;
      if (stars > 0) {
        sums[at + field.ratingSum] = (sums[at + field.ratingSum] as number) + stars - 1;
        sums[at + field.ratingCount] = (sums[at + field.ratingCount] as number) + 1;
      }
      if ((flag & factFlags.qualified) === 0) {
        sums[at + field.unqualified] = (sums[at + field.unqualified] as number) + 1;
        continue;
      }
      sums[at + field.plays] = (sums[at + field.plays] as number) + 1;
      const start = startedAt[i] as number;
      if (start < (sums[at + field.first] as number)) sums[at + field.first] = start;
      const { weights } = shares[i] as GroupShare;
      for (let w = 0; w < weights.length; w++) this.#addWeight(at + field.decays + w, weights[w] as number);
    }
  }

  #rowsOf(column: ArrayLike<number>, owners: Int32Array, shares: readonly GroupShare[]): Int32Array {
    const rows = new Int32Array(column.length);
    for (let i = 0; i < rows.length; i++) {
      const owner = owners[column[i] as number] as number;
      rows[i] = owner === none ? none : this.#rowOf(owner, (shares[i] as GroupShare).group);
    }
    return rows;
  }

  /** @param bucket of the listener's sketch, 0 to 63 */
  addListener(owner: number, group: number, bucket: number): void {
    const row = this.#rowOf(owner, group);
    const words = bucket < 32 ? this.#listenersLow : this.#listenersHigh;
    words[row] = (words[row] as number) | (1 << (bucket & 31));
  }

  /** Adds all that another one has of an owner to an owner of this one. */
  addOwner(owner: number, from: PlaySums, other: number): void {
    for (let row = from.firstRow(other); row !== none; row = from.nextRow(row)) {
      const mine = this.#rowOf(owner, from.groupOf(row));
      this.#addRow(mine, from, row);
    }
  }

  groupOf(row: number): number {
    return this.#group[row] ?? 0;
  }

  plays(row: number): number {
    return this.#sums[row * width + field.plays] as number;
  }

  listenedMs(row: number): number {
    return this.#sums[row * width + field.listenedMs] as number;
  }

  /** What all rows of an owner add up to, whatever their windows. */
  countsOf(owner: number): PlainTotals {
    const counts = this.#counts.fill(0);
    let first = Number.POSITIVE_INFINITY;
    for (let row = this.firstRow(owner); row !== none; row = this.nextRow(row)) {
      for (let i = 0; i < field.first; i++)
        counts[i] = (counts[i] as number) + (this.#sums[row * width + i] as number);
      first = Math.min(first, this.#sums[row * width + field.first] as number);
    }
    return {
      plays: counts[field.plays] as number,
      unqualified: counts[field.unqualified] as number,
      listenedMs: counts[field.listenedMs] as number,
      completes: counts[field.completes] as number,
      skips: counts[field.skips] as number,
      ratingSum: counts[field.ratingSum] as number,
      ratingCount: counts[field.ratingCount] as number,
      firstPlayedAt: first === Number.POSITIVE_INFINITY ? undefined : (first as EpochMs),
    };
  }

  /** The earliest start of an owner's qualified plays, epoch ms; infinite where there is none. */
  firstStart(owner: number): number {
    let first = Number.POSITIVE_INFINITY;
    for (let row = this.firstRow(owner); row !== none; row = this.nextRow(row))
      first = Math.min(first, this.#sums[row * width + field.first] as number);
    return first;
  }

  /** @param index of the group's decays */
  decay(row: number, index: number): bigint {
    const at = row * width + field.decays + index;
    const sum = BigInt(this.#sums[at] ?? 0);
    const carried = this.#carried.size === 0 ? undefined : this.#carried.get(at);
    return carried === undefined ? sum : sum + BigInt(carried) * BigInt(carryAt);
  }

  /** The sketch of the row's listeners. */
  listeners(row: number): bigint {
    const [high, low] = [(this.#listenersHigh[row] ?? 0) >>> 0, (this.#listenersLow[row] ?? 0) >>> 0];
    return high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low);
  }

  #add(at: number, value: number): void {
    this.#sums[at] = (this.#sums[at] as number) + value;
  }

  #addWeight(at: number, weight: number): void {
    const sum = (this.#sums[at] as number) + weight;
    if (sum < carryAt) {
      this.#sums[at] = sum;
      return;
    }
    this.#sums[at] = sum - carryAt;
    this.#carry(at, 1);
  }

  #carry(at: number, times: number): void {
    this.#carried.set(at, (this.#carried.get(at) ?? 0) + times);
  }

  #addRow(mine: number, from: PlaySums, theirs: number): void {
    const [to, other] = [mine * width, theirs * width];
    for (let i = 0; i < field.first; i++) this.#add(to + i, from.#sums[other + i] as number);
    const first = from.#sums[other + field.first] as number;
    if (first < (this.#sums[to + field.first] as number)) this.#sums[to + field.first] = first;
    for (let i = field.decays; i < field.decays + mostDecays; i++) {
      this.#addWeight(to + i, from.#sums[other + i] as number);
      const carried = from.#carried.size === 0 ? undefined : from.#carried.get(other + i);
      if (carried !== undefined) this.#carry(to + i, carried);
    }
    this.#listenersLow[mine] = (this.#listenersLow[mine] as number) | (from.#listenersLow[theirs] as number);
    this.#listenersHigh[mine] =
      (this.#listenersHigh[mine] as number) | (from.#listenersHigh[theirs] as number);
  }

  #rowOf(owner: number, group: number): number {
    if (owner >= this.#head.length) this.#head = longer(this.#head, owner + 1, none);
    const head = this.#head[owner] ?? none;
    // The newest first: plays come in the order of their time, or nearly so.
    let row = head;
    for (let steps = 0; row !== none && this.#group[row] !== group; steps++) {
      if (steps === mostSteps) return this.#indexedRowOf(owner, group, head);
      row = this.#next[row] ?? none;
    }
    return row === none ? this.#addRowOf(owner, group, head) : row;
  }

  /** A file that goes over years listener by listener has thousands of hours of an owner, in no order. */
  #indexedRowOf(owner: number, group: number, head: number): number {
    let rows = this.#indexed.get(owner);
    if (rows === undefined) {
      rows = new Map();
      for (let row = head; row !== none; row = this.#next[row] ?? none) rows.set(this.#group[row] ?? 0, row);
      this.#indexed.set(owner, rows);
    }
    return rows.get(group) ?? this.#addRowOf(owner, group, head);
  }

  #addRowOf(owner: number, group: number, head: number): number {
    const row = this.#rows++;
    if (row >= this.#group.length) this.#reserve(row + 1);
    this.#sums[row * width + field.first] = Number.POSITIVE_INFINITY;
    this.#group[row] = group;
    this.#next[row] = head;
    this.#head[owner] = row;
    if (this.#indexed.size > 0) this.#indexed.get(owner)?.set(group, row);
    return row;
  }

  #reserve(rows: number): void {
    this.#group = longer(this.#group, rows, 0);
    this.#next = longer(this.#next, rows, none);
    this.#listenersHigh = longer(this.#listenersHigh, rows, 0);
    this.#listenersLow = longer(this.#listenersLow, rows, 0);
    this.#sums = grown(this.#sums, this.#group.length * width);
  }
}

const longer = (array: Int32Array<ArrayBuffer>, atLeast: number, empty: number): Int32Array<ArrayBuffer> =>
  grown(array, Math.max(atLeast, array.length * 2), empty);
