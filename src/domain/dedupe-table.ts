import { grown, release } from "./grown.ts";

const minimumSlots = 64;
const fullest = 0.8;
/** Each growth copies the table; 1.4 keeps the copies at about three a play and the table at 15 to 21 bytes an id. */
const growth = 1.4;

/** The words of a slot, side by side: a slot costs one cache miss, where three arrays cost three. */
const hiAt = 0;
const loAt = 1;
/** Arrival as ms after `#base`, plus 1; 0 marks an empty slot. */
const arrivalAt = 2;
const slotWords = 3;
/** Words of the first journal. */
const firstChanges = 256;

/**
 * A part of a `DedupeWindow`, in one table: three 32-bit words a slot at 57 to 80 % occupancy, 15 to 21 bytes an id. Ids that left
 * the horizon are dropped when the table would have to grow.
 */
export class DedupeTable {
  readonly #horizonMs: number;
  #table = new Uint32Array(minimumSlots * slotWords);
  #slots = minimumSlots;
  #base = 0;
  #newest = 0;
  #size = 0;
  /** Of each change since `begin`: where the slot is, and the arrival that stood there. */
  #journal = new Uint32Array(0);
  #changes = 0;
  /** Whether changes are noted; no longer once the table was resized, as slots moved and expired ids went. */
  #isNoting = false;
  #newestBefore = 0;

  /** @param horizonMs as the window's */
  constructor(horizonMs: number) {
    this.#horizonMs = horizonMs;
  }

  /** How many ids are held, expired ones that were not yet dropped included. */
  get size(): number {
    return this.#size;
  }

  /** Its memory in bytes. */
  get byteLength(): number {
    return this.#table.byteLength;
  }

  /** As the window does. @param hi is spread over the slots */
  add(hi: number, lo: number, arrivedAt: number): boolean {
    if (this.#size === 0) this.#base = arrivedAt - 2 * this.#horizonMs;
    if (arrivedAt > this.#newest) this.#newest = arrivedAt;
    if (!this.#representable(arrivedAt)) this.#resize(this.#slots);
    if (!this.#representable(arrivedAt)) return false; // older than two horizons before the newest: can match nothing
    if (this.#size + 1 > this.#slots * fullest) this.#makeRoom(1);
    return this.#put(hi, lo, arrivedAt - this.#base + 1);
  }

  /** As the window does. @param expected so many ids are added before the table is resized */
  begin(expected: number): void {
    if (this.#size + expected > this.#slots * fullest) this.#makeRoom(expected);
    this.#changes = 0;
    this.#newestBefore = this.#newest;
    this.#isNoting = true;
  }

  /**
   * Forgets what was added since `begin`, and knows again what it knew then.
   *
   * @returns false where it cannot: what the window holds is of no use any more
   */
  takeBack(): boolean {
    if (!this.#isNoting) return false;
    const journal = this.#journal;
    // In reverse, so that a slot becomes empty only after those that were filled because it was not.
    for (let change = 2 * (this.#changes - 1); change >= 0; change -= 2) {
      const stored = journal[change + 1] ?? 0;
      this.#table[(journal[change] ?? 0) + arrivalAt] = stored;
      if (stored === 0) this.#size -= 1;
    }
    this.#changes = 0;
    this.#newest = this.#newestBefore;
    return true;
  }

  #note(at: number, stored: number): void {
    const change = 2 * this.#changes++;
    if (change >= this.#journal.length)
      this.#journal = grown(this.#journal, Math.max(firstChanges, 2 * change));
    this.#journal[change] = at;
    this.#journal[change + 1] = stored;
  }

  #representable(arrivedAt: number): boolean {
    const offset = arrivedAt - this.#base;
    return offset >= 0 && offset < 0xffff_fff0;
  }

  /** Whether the id's arrival before lies within the horizon. */
  #put(hi: number, lo: number, arrival: number): boolean {
    const table = this.#table;
    const at = this.#slotOf(hi, lo);
    const stored = table[at + arrivalAt] ?? 0;
    if (this.#isNoting) this.#note(at, stored);
    if (stored === 0) {
      table[at + hiAt] = hi;
      table[at + loAt] = lo;
      table[at + arrivalAt] = arrival;
      this.#size += 1;
      return false;
    }
    if (arrival > stored) table[at + arrivalAt] = arrival;
    return Math.abs(arrival - stored) <= this.#horizonMs;
  }

  /** Where the slot that holds this id begins, or the empty one where it belongs. */
  #slotOf(hi: number, lo: number): number {
    const table = this.#table;
    // `hi` spread over the slots without a division; 2^32 * slots stays below 2^53.
    let at = Math.floor((hi * this.#slots) / 0x1_0000_0000) * slotWords;
    while (table[at + arrivalAt] !== 0 && (table[at + loAt] !== lo || table[at + hiAt] !== hi)) {
      at = at + slotWords === table.length ? 0 : at + slotWords;
    }
    return at;
  }

  /** Drops what left the horizon and sizes the table to what stays and as many more. */
  #makeRoom(more: number): void {
    const live = this.#countLive();
    this.#resize(Math.max(minimumSlots, Math.ceil(Math.max(live * growth, live + more) / fullest)));
  }

  #countLive(): number {
    const oldest = this.#newest - this.#horizonMs - this.#base + 1;
    let live = 0;
    for (let at = arrivalAt; at < this.#table.length; at += slotWords) {
      const stored = this.#table[at] ?? 0;
      if (stored !== 0 && stored >= oldest) live += 1;
    }
    return live;
  }

  /** Moves what is still inside the horizon into a table of `slots` slots. */
  #resize(slots: number): void {
    this.#isNoting = false;
    const table = this.#table;
    const base = this.#base;
    this.#table = new Uint32Array(slots * slotWords);
    this.#slots = slots;
    this.#size = 0;
    const oldest = this.#newest - this.#horizonMs;
    this.#base = this.#newest - 2 * this.#horizonMs;
    for (let at = 0; at < table.length; at += slotWords) {
      const stored = table[at + arrivalAt] ?? 0;
      if (stored === 0) continue;
      const arrivedAt = base + stored - 1;
      if (arrivedAt < oldest) continue;
      this.#put(table[at + hiAt] ?? 0, table[at + loAt] ?? 0, arrivedAt - this.#base + 1);
    }
    release(table);
  }
}
