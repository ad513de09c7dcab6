import { type Hash64, hash64 } from "./hash64.ts";

const fewestSlots = 4096;
/** A table that is fuller is doubled. */
const fullest = 0.7;

/**
 * When each event id arrived last, and whether a marked play of it was counted: 17 bytes a slot, 24 to 49 bytes an id. Ids
 * are known by 64-bit hashes: of 10 million, two are taken for one with a probability of 3e-6.
 */
export class Arrivals {
  readonly #hash: Hash64 = [0, 0];
  #hi = new Uint32Array(fewestSlots);
  #lo = new Uint32Array(fewestSlots);
  /** Epoch ms; -1 in an empty slot. */
  #at = new Float64Array(fewestSlots).fill(-1);
  #claimed = new Uint8Array(fewestSlots);
  #size = 0;

  /** How many ids there are. */
  get size(): number {
    return this.#size;
  }

  /** Notes an arrival, and returns the one before; undefined for the first. */
  note(id: string, arrivedAt: number): number | undefined {
    hash64(id, this.#hash);
    return this.#note(arrivedAt);
  }

  /** Claims an id that has arrived; false where that was done before. */
  claim(id: string): boolean {
    hash64(id, this.#hash);
    return this.#claim();
  }

  /** Notes the arrival of an id of which only the hash is left, 16 hex digits, and claims it where it was claimed. */
  noteErased(hash: string, arrivedAt: number, isClaimed: boolean): void {
    this.#hash[0] = Number.parseInt(hash.slice(0, 8), 16);
    this.#hash[1] = Number.parseInt(hash.slice(8), 16);
    this.#note(arrivedAt);
    if (isClaimed) this.#claim();
  }

  #note(arrivedAt: number): number | undefined {
    const slot = this.#find(this.#hash[0], this.#hash[1]);
    const before = this.#at[slot] ?? -1;
    this.#at[slot] = arrivedAt;
    if (before >= 0) return before;
    [this.#hi[slot], this.#lo[slot]] = this.#hash;
    this.#size += 1;
    if (this.#size > this.#at.length * fullest) this.#double();
    return undefined;
  }

  #claim(): boolean {
    const slot = this.#find(this.#hash[0], this.#hash[1]);
    if (this.#claimed[slot] === 1) return false;
    this.#claimed[slot] = 1;
    return true;
  }

  /** The slot of a hash, or the empty one where it belongs. */
  #find(hi: number, lo: number): number {
    const last = this.#at.length - 1; // all ones: the length is a power of two
    let slot = lo & last;
    while ((this.#at[slot] ?? -1) >= 0 && (this.#hi[slot] !== hi || this.#lo[slot] !== lo))
      slot = (slot + 1) & last;
    return slot;
  }

  #double(): void {
    const [hi, lo, at, claimed] = [this.#hi, this.#lo, this.#at, this.#claimed];
    const slots = at.length * 2;
    this.#hi = new Uint32Array(slots);
    this.#lo = new Uint32Array(slots);
    this.#at = new Float64Array(slots).fill(-1);
    this.#claimed = new Uint8Array(slots);
    for (const [from, arrivedAt] of at.entries()) {
      if (arrivedAt < 0) continue;
      const to = this.#find(hi[from] ?? 0, lo[from] ?? 0);
      this.#hi[to] = hi[from] ?? 0;
      this.#lo[to] = lo[from] ?? 0;
      this.#at[to] = arrivedAt;
      this.#claimed[to] = claimed[from] ?? 0;
    }
  }
}
