const firstSlots = 1024;
const fullest = 0.6;
/** Numbers are below this, so that two of them are one exact number. */
const mostNumbers = 2 ** 26;
/** A pair plus 1 (0 in an empty slot), how often it came, and its earliest play's start. */
const slotWords = 3;

/** How often each pair of numbers came, and when its earliest play started. */
export class PairTally {
  #slots = new Float64Array(slotWords * firstSlots);
  #count = 0;

  /** @param startedAt epoch ms */
  add(a: number, b: number, startedAt: number): void {
    const pair = a * mostNumbers + b + 1;
    const at = this.#find(a, b, pair);
    const slots = this.#slots;
    if (slots[at] === 0) {
      slots[at] = pair;
      slots[at + 1] = 1;
      slots[at + 2] = startedAt;
      this.#count += 1;
      if (this.#count * slotWords > slots.length * fullest) this.#double();
      return;
    }
    slots[at + 1] = (slots[at + 1] ?? 0) + 1;
    if (startedAt < (slots[at + 2] ?? 0)) slots[at + 2] = startedAt;
  }

  forEach(visit: (a: number, b: number, count: number, earliest: number) => void): void {
    const slots = this.#slots;
    for (let at = 0; at < slots.length; at += slotWords) {
      const pair = (slots[at] ?? 0) - 1;
      if (pair < 0) continue;
      const a = Math.floor(pair / mostNumbers);
      visit(a, pair - a * mostNumbers, slots[at + 1] ?? 0, slots[at + 2] ?? 0);
    }
  }

  #find(a: number, b: number, pair: number): number {
    const slots = this.#slots;
    let at = spread(a, b, slots.length / slotWords) * slotWords;
    while (slots[at] !== 0 && slots[at] !== pair) at = at + slotWords === slots.length ? 0 : at + slotWords;
    return at;
  }

  #double(): void {
    const before = this.#slots;
    this.#slots = new Float64Array(before.length * 2);
    for (let from = 0; from < before.length; from += slotWords) {
      const pair = before[from] ?? 0;
      if (pair === 0) continue;
      const a = Math.floor((pair - 1) / mostNumbers);
      const at = this.#find(a, pair - 1 - a * mostNumbers, pair);
      this.#slots[at] = pair;
      this.#slots[at + 1] = before[from + 1] ?? 0;
      this.#slots[at + 2] = before[from + 2] ?? 0;
    }
  }
}

/** Which pairs of numbers came. */
export class PairSet {
  /** A pair plus 1; 0 in an empty slot. */
  #slots = new Float64Array(firstSlots);
  #count = 0;

  add(a: number, b: number): void {
    const pair = a * mostNumbers + b + 1;
    const at = this.#find(a, b, pair);
    if (this.#slots[at] === pair) return;
    this.#slots[at] = pair;
    this.#count += 1;
    if (this.#count > this.#slots.length * fullest) this.#double();
  }

  has(a: number, b: number): boolean {
    const pair = a * mostNumbers + b + 1;
    return this.#slots[this.#find(a, b, pair)] === pair;
  }

  #find(a: number, b: number, pair: number): number {
    const slots = this.#slots;
    let at = spread(a, b, slots.length);
    while (slots[at] !== 0 && slots[at] !== pair) at = at + 1 === slots.length ? 0 : at + 1;
    return at;
  }

  #double(): void {
    const before = this.#slots;
    this.#slots = new Float64Array(before.length * 2);
    for (const pair of before) {
      if (pair === 0) continue;
      const a = Math.floor((pair - 1) / mostNumbers);
      this.#slots[this.#find(a, pair - 1 - a * mostNumbers, pair)] = pair;
    }
  }
}

/** A slot for a pair, of a power of two. */
function spread(a: number, b: number, slots: number): number {
  const both = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  const mixed = Math.imul(both ^ (both >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 15)) & (slots - 1);
}
