const minimumSlots = 4096;
/** At 8 bytes a slot and at most 0.8 of them taken, 10 to 16 bytes an identity. */
const fullest = 0.8;
const growth = 1.6;

/**
 * Counts how often each identity came, by the first 64 bits of its SHA-256. Of 100 million identities two share these with a
 * probability of 3e-4; they are counted as one, which makes a derived event id differ where it need not.
 */
export class IdentityCounter {
  /** Two words a slot, high and low; a low one of 0 marks an empty slot. */
  #table = new Uint32Array(2 * minimumSlots);
  #size = 0;
  /** How often those came that came more than once, by their 64 bits. */
  readonly #repeats = new Map<bigint, number>();

  /** How often the identity came before this time. @param hi and lo unsigned */
  next(hi: number, lo: number): number {
    if (2 * (this.#size + 1) > this.#table.length * fullest) this.#grow();
    const low = lo === 0 ? 1 : lo;
    const at = this.#find(hi, low);
    if (this.#table[at + 1] === 0) {
      this.#table[at] = hi;
      this.#table[at + 1] = low;
      this.#size += 1;
      return 0;
    }
    const key = (BigInt(hi) << 32n) | BigInt(low);
    const before = this.#repeats.get(key) ?? 1;
    this.#repeats.set(key, before + 1);
    return before;
  }

  /** Where the slot starts that holds the identity, or the empty one where it belongs. */
  #find(hi: number, lo: number): number {
    const table = this.#table;
    // `hi` spread over the slots without a division; 2^32 * slots stays below 2^53.
    let at = 2 * Math.floor((hi * (table.length / 2)) / 0x1_0000_0000);
    while (table[at + 1] !== 0 && (table[at + 1] !== lo || table[at] !== hi)) {
      at = at + 2 === table.length ? 0 : at + 2;
    }
    return at;
  }

  #grow(): void {
    const before = this.#table;
    this.#table = new Uint32Array(2 * Math.ceil((before.length / 2) * growth));
    for (let from = 0; from < before.length; from += 2) {
      const [hi, lo] = [before[from] ?? 0, before[from + 1] ?? 0];
      if (lo === 0) continue;
      const at = this.#find(hi, lo);
      this.#table[at] = hi;
      this.#table[at + 1] = lo;
    }
  }
}
