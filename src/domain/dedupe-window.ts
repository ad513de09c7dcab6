const minimumSlots = 1024;
const fullest = 0.8;
/** Each growth copies the table; 1.4 keeps the copies at about three a play and the table at 15 to 21 bytes an id. */
const growth = 1.4;

/**
 * Remembers when each event id (by its 64-bit hash) last arrived, for one dedupe horizon.
 * Three 32-bit words a slot at 57 to 80 % occupancy: 15 to 21 bytes an id. Entries that left the horizon are dropped
 * when the table would have to grow.
 */
export class DedupeWindow {
  readonly #horizonMs: number;
  #hi = new Uint32Array(minimumSlots);
  #lo = new Uint32Array(minimumSlots);
  /** Arrival as ms after `#base`, plus 1; 0 marks an empty slot. */
  #arrival = new Uint32Array(minimumSlots);
  #base = 0;
  #newest = 0;
  #size = 0;

  /** @param horizonMs how far apart two arrivals of one id may be and still be duplicates, ms */
  constructor(horizonMs: number) {
    this.#horizonMs = horizonMs;
  }

  /** How many ids are held, expired ones that were not yet dropped included. */
  get size(): number {
    return this.#size;
  }

  /** The memory of the table in bytes. */
  get byteLength(): number {
    return this.#hi.byteLength * 3;
  }

  /** Whether this id arrived within the horizon before or after `arrivedAt` (epoch ms). */
  has(hi: number, lo: number, arrivedAt: number): boolean {
    if (this.#size === 0) return false;
    const slot = this.#slotOf(hi, lo);
    const stored = this.#arrival[slot] ?? 0;
    if (stored === 0) return false;
    return Math.abs(arrivedAt - (this.#base + stored - 1)) <= this.#horizonMs;
  }

  /** Notes an arrival; of several arrivals of one id the latest is kept. */
  add(hi: number, lo: number, arrivedAt: number): void {
    if (this.#size === 0) this.#base = arrivedAt - 2 * this.#horizonMs;
    if (arrivedAt > this.#newest) this.#newest = arrivedAt;
    if (!this.#representable(arrivedAt)) this.#resize(this.#hi.length);
    if (!this.#representable(arrivedAt)) return; // older than two horizons before the newest: can match nothing
    if (this.#size + 1 > this.#hi.length * fullest) this.#makeRoom();
    this.#put(hi, lo, arrivedAt - this.#base + 1);
  }

  #representable(arrivedAt: number): boolean {
    const offset = arrivedAt - this.#base;
    return offset >= 0 && offset < 0xffff_fff0;
  }

  #put(hi: number, lo: number, arrival: number): void {
    const slot = this.#slotOf(hi, lo);
    const stored = this.#arrival[slot] ?? 0;
    if (stored === 0) {
      this.#hi[slot] = hi;
      this.#lo[slot] = lo;
      this.#size += 1;
    }
    if (arrival > stored) this.#arrival[slot] = arrival;
  }

  /** The slot that holds this id, or the empty one where it belongs. */
  #slotOf(hi: number, lo: number): number {
    const slots = this.#hi.length;
    // `hi` spread over the slots without a division; 2^32 * slots stays below 2^53.
    let slot = Math.floor((hi * slots) / 0x1_0000_0000);
    while (this.#arrival[slot] !== 0 && (this.#lo[slot] !== lo || this.#hi[slot] !== hi)) {
      slot = slot + 1 === slots ? 0 : slot + 1;
    }
    return slot;
  }

  /** Drops what left the horizon and sizes the table to what stays. */
  #makeRoom(): void {
    this.#resize(Math.max(minimumSlots, Math.ceil((this.#countLive() * growth) / fullest)));
  }

  #countLive(): number {
    const oldest = this.#newest - this.#horizonMs - this.#base + 1;
    let live = 0;
    for (const stored of this.#arrival) if (stored !== 0 && stored >= oldest) live += 1;
    return live;
  }

  /** Moves what is still inside the horizon into a table of `slots` slots. */
  #resize(slots: number): void {
    const [hi, lo, arrival, base] = [this.#hi, this.#lo, this.#arrival, this.#base];
    this.#hi = new Uint32Array(slots);
    this.#lo = new Uint32Array(slots);
    this.#arrival = new Uint32Array(slots);
    this.#size = 0;
    const oldest = this.#newest - this.#horizonMs;
    this.#base = this.#newest - 2 * this.#horizonMs;
    for (let i = 0; i < arrival.length; i++) {
      const stored = arrival[i] ?? 0;
      if (stored === 0) continue;
      const arrivedAt = base + stored - 1;
      if (arrivedAt < oldest) continue;
      this.#put(hi[i] ?? 0, lo[i] ?? 0, arrivedAt - this.#base + 1);
    }
  }
}
