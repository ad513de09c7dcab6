import { release } from "#src/domain/grown.ts";

/** Words of a slot: 64 bits of the identity, the second in which its plays start, and how many there were; 0 in an empty one. */
const slotWords = 4;
const firstSlots = 1024;
/** A table that is fuller is doubled. */
const fullest = 0.6;
/** So many identities tell where about half of them lie: their places say nothing about their times. */
const sampled = 255;

/** Shared: what is in it is used at once. */
let scratch = new Int32Array(0);

/** Counts how often each identity came: by 64 bits of its hash, and the second in which its plays start. */
export class IdentityTable {
  #slots: Int32Array<ArrayBuffer>;
  #size = 0;

  private constructor(slots: number) {
    this.#slots = new Int32Array(slots * slotWords);
  }

  static empty(): IdentityTable {
    return new IdentityTable(firstSlots);
  }

  /** A table of what `entries` returned. */
  static of(entries: Int32Array): IdentityTable {
    let slots = firstSlots;
    while (entries.length / slotWords > slots * fullest) slots *= 2;
    const table = new IdentityTable(slots);
    table.#putAll(entries);
    return table;
  }

  /** Gives its memory back: it cannot be used afterwards. */
  close(): void {
    release(this.#slots);
  }

  /** How many identities there are. */
  get size(): number {
    return this.#size;
  }

  /** How often the identity came before this time. */
  next(second: number, hi: number, lo: number): number {
    const slots = this.#slots;
    const at = this.#find(second, hi, lo);
    const before = slots[at + 3] ?? 0;
    slots[at + 3] = before + 1;
    if (before > 0) return before;
    slots[at] = hi;
    slots[at + 1] = lo;
    slots[at + 2] = second;
    this.#size += 1;
    if (this.#size * slotWords > slots.length * fullest) this.#double();
    return 0;
  }

  /** All slots that are taken, without gaps; overwritten when this is called again, of whatever table. */
  entries(): Int32Array<ArrayBuffer> {
    const length = this.#size * slotWords;
    if (scratch.length < length) {
      release(scratch);
      scratch = new Int32Array(length);
    }
    const all = scratch.subarray(0, length);
    let to = 0;
    for (let at = 0; at < this.#slots.length; at += slotWords) {
      if (this.#slots[at + 3] === 0) continue;
      for (let i = at; i < at + slotWords; i++) all[to++] = this.#slots[i] ?? 0;
    }
    return all;
  }

  /**
   * Moves the identities from some second on, about half of them, into a table of their own; undefined where all are of one
   * second.
   */
  divide(): { readonly from: number; readonly later: IdentityTable } | undefined {
    const all = this.entries();
    const from = middleOf(all);
    if (from === undefined) return undefined;
    const later = new IdentityTable(this.#slots.length / slotWords);
    this.#slots.fill(0);
    this.#size = 0;
    for (let at = 0; at < all.length; at += slotWords)
      (secondAt(all, at) < from ? this : later).#put(all, at);
    return { from, later };
  }

  /** Where the slot starts that holds the identity, or the empty one where it belongs. */
  #find(second: number, hi: number, lo: number): number {
    const slots = this.#slots;
    const last = slots.length - 1;
    let at = (hi * slotWords) & last;
    while (slots[at + 3] !== 0 && (slots[at] !== hi || slots[at + 1] !== lo || slots[at + 2] !== second))
      at = (at + slotWords) & last;
    return at;
  }

  #put(from: Int32Array, start: number): void {
    const at = this.#find(from[start + 2] ?? 0, from[start] ?? 0, from[start + 1] ?? 0);
    for (let i = 0; i < slotWords; i++) this.#slots[at + i] = from[start + i] ?? 0;
    this.#size += 1;
  }

  #putAll(entries: Int32Array): void {
    for (let at = 0; at < entries.length; at += slotWords) this.#put(entries, at);
  }

  #double(): void {
    const entries = this.entries();
    const before = this.#slots;
    this.#slots = new Int32Array(before.length * 2);
    release(before);
    this.#size = 0;
    this.#putAll(entries);
  }
}

/** A second with identities before it and at or after it, about as many of both; undefined where there is none. */
function middleOf(all: Int32Array): number | undefined {
  const sample: number[] = [];
  for (let at = 0; at < all.length && sample.length < sampled; at += slotWords)
    sample.push(secondAt(all, at));
  const median = sample.sort((a, b) => a - b)[sample.length >> 1] ?? 0;
  let isAfterFirst = false;
  let next = Number.POSITIVE_INFINITY;
  for (let at = 0; at < all.length; at += slotWords) {
    const second = secondAt(all, at);
    isAfterFirst ||= second < median;
    if (second > median && second < next) next = second;
  }
  if (isAfterFirst) return median;
  return Number.isFinite(next) ? next : undefined;
}

const secondAt = (slots: Int32Array, at: number): number => (slots[at + 2] ?? 0) >>> 0;
