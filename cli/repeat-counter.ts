import { type Hash64, hash64 } from "#src/domain/hash64.ts";

const minimumSlots = 4096;
const fullest = 0.8;
const growth = 1.6;

/**
 * Counts how often each text came, by its 64-bit hash: three 32-bit words a slot, about 16 to 24 bytes a text.
 * Two texts that share a hash are counted as one; it makes a derived event id differ where it need not.
 */
export class RepeatCounter {
  #hi = new Uint32Array(minimumSlots);
  #lo = new Uint32Array(minimumSlots);
  /** 0 marks an empty slot. */
  #count = new Uint32Array(minimumSlots);
  #size = 0;
  readonly #hash64: typeof hash64;
  readonly #hash: Hash64 = { hi: 0, lo: 0 };

  constructor(hash: typeof hash64 = hash64) {
    this.#hash64 = hash;
  }

  /** How often the text came before this time. */
  next(text: string): number {
    const { hi, lo } = this.#hash64(text, this.#hash);
    if (this.#size + 1 > this.#hi.length * fullest) this.#grow();
    const slot = this.#slotOf(hi, lo);
    const before = this.#count[slot] ?? 0;
    if (before === 0) {
      this.#hi[slot] = hi;
      this.#lo[slot] = lo;
      this.#size += 1;
    }
    this.#count[slot] = before + 1;
    return before;
  }

  /** Whether the text came before, or one that shares its hash. */
  mayHave(text: string): boolean {
    const { hi, lo } = this.#hash64(text, this.#hash);
    return this.#count[this.#slotOf(hi, lo)] !== 0;
  }

  #slotOf(hi: number, lo: number): number {
    const slots = this.#hi.length;
    let slot = Math.floor((hi * slots) / 0x1_0000_0000);
    while (this.#count[slot] !== 0 && (this.#lo[slot] !== lo || this.#hi[slot] !== hi)) {
      slot = slot + 1 === slots ? 0 : slot + 1;
    }
    return slot;
  }

  #grow(): void {
    const [hi, lo, count] = [this.#hi, this.#lo, this.#count];
    const slots = Math.ceil(hi.length * growth);
    this.#hi = new Uint32Array(slots);
    this.#lo = new Uint32Array(slots);
    this.#count = new Uint32Array(slots);
    for (let i = 0; i < count.length; i++) {
      if (count[i] === 0) continue;
      const slot = this.#slotOf(hi[i] ?? 0, lo[i] ?? 0);
      this.#hi[slot] = hi[i] ?? 0;
      this.#lo[slot] = lo[i] ?? 0;
      this.#count[slot] = count[i] ?? 0;
    }
  }
}
