const minimumSlots = 1024;
const fullest = 0.8;
/** Each growth copies the table; 1.4 keeps the copies at about three a play and the table at 15 to 21 bytes an id. */
const growth = 1.4;

/** The words of a slot, side by side: a slot costs one cache miss, where three arrays cost three. */
const hiAt = 0;
const loAt = 1;
/** Arrival as ms after `#base`, plus 1; 0 marks an empty slot. */
const arrivalAt = 2;
const slotWords = 3;

/**
 * Remembers when each event id (by its 64-bit hash) last arrived, for one dedupe horizon.
 * Three 32-bit words a slot at 57 to 80 % occupancy: 15 to 21 bytes an id. Entries that left the horizon are dropped
 * when the table would have to grow.
 */
export class DedupeWindow {
  readonly #horizonMs: number;
  #table: Uint32Array;
  #slots: number;
  #base = 0;
  #newest = 0;
  #size = 0;

  /**
   * @param horizonMs how far apart two arrivals of one id may be and still be duplicates, ms
   * @param expected how many ids it has room for before it grows
   */
  constructor(horizonMs: number, expected = 0) {
    this.#horizonMs = horizonMs;
    this.#slots = Math.max(minimumSlots, Math.ceil(expected / fullest));
    this.#table = new Uint32Array(this.#slots * slotWords);
  }

  /** How many ids are held, expired ones that were not yet dropped included. */
  get size(): number {
    return this.#size;
  }

  /** The memory of the table in bytes. */
  get byteLength(): number {
    return this.#table.byteLength;
  }

  /** Whether this id arrived within the horizon before or after `arrivedAt` (epoch ms). */
  has(hi: number, lo: number, arrivedAt: number): boolean {
    if (this.#size === 0) return false;
    const stored = this.#table[this.#slotOf(hi, lo) + arrivalAt] ?? 0;
    if (stored === 0) return false;
    return Math.abs(arrivedAt - (this.#base + stored - 1)) <= this.#horizonMs;
  }

  /**
   * Notes an arrival; of several arrivals of one id the latest is kept.
   *
   * @returns what `has` would have said before, where no arrival is earlier than those before it
   */
  add(hi: number, lo: number, arrivedAt: number): boolean {
    if (this.#size === 0) this.#base = arrivedAt - 2 * this.#horizonMs;
    if (arrivedAt > this.#newest) this.#newest = arrivedAt;
    if (!this.#representable(arrivedAt)) this.#resize(this.#slots);
    if (!this.#representable(arrivedAt)) return false; // older than two horizons before the newest: can match nothing
    if (this.#size + 1 > this.#slots * fullest) this.#makeRoom();
    return this.#put(hi, lo, arrivedAt - this.#base + 1);
  }

  /** Notes arrivals, each as `add` does. */
  addAll(hi: Uint32Array, lo: Uint32Array, arrivedAt: Float64Array): void {
    for (let i = 0; i < hi.length; i++) this.add(hi[i] ?? 0, lo[i] ?? 0, arrivedAt[i] ?? 0);
  }

  /** Forgets all ids and keeps the memory. */
  clear(): void {
    this.#table.fill(0);
    this.#size = 0;
    this.#newest = 0;
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

  /** Drops what left the horizon and sizes the table to what stays. */
  #makeRoom(): void {
    this.#resize(Math.max(minimumSlots, Math.ceil((this.#countLive() * growth) / fullest)));
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
  }
}
