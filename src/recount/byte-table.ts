const firstSlots = 1024;
/** A table that is fuller is doubled. */
const fullest = 0.6;

/** Words of a slot: a number plus 1 (0 where it is empty), its hash, where its bytes start and end. */
const slotWords = 4;

/** Byte strings by number, from 0 on: each has one, and keeps it. */
export class ByteTable {
  #slots = new Int32Array(slotWords * firstSlots);
  #starts = new Uint32Array(firstSlots + 1);
  #text = new Uint8Array(64 * 1024);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The number of `bytes` from `start` to `end`. @param hash the same for the same bytes */
  numberOf(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const last = slots.length - slotWords;
    let at = spread(hash) & last;
    for (let entry = slots[at] ?? 0; entry !== 0; entry = slots[at] ?? 0) {
      if (slots[at + 1] === hash && this.#holds(slots[at + 2] ?? 0, slots[at + 3] ?? 0, bytes, start, end))
        return entry - 1;
      at = (at + slotWords) & last;
    }
    return this.#append(at, bytes, start, end, hash);
  }

  bytesOf(number: number): Uint8Array {
    return this.#text.subarray(this.#starts[number] ?? 0, this.#starts[number + 1] ?? 0);
  }

  /** Which of two comes first by its bytes: negative for the first. */
  compare(a: number, b: number): number {
    const [x, y] = [this.bytesOf(a), this.bytesOf(b)];
    const common = Math.min(x.length, y.length);
    for (let i = 0; i < common; i++) {
      const difference = (x[i] ?? 0) - (y[i] ?? 0);
      if (difference !== 0) return difference;
    }
    return x.length - y.length;
  }

  #holds(from: number, to: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (to - from !== end - start) return false;
    const text = this.#text;
    for (let i = end - start - 1; i >= 0; i--) if (text[from + i] !== bytes[start + i]) return false;
    return true;
  }

  #append(at: number, bytes: Uint8Array, start: number, end: number, hash: number): number {
    const number = this.#count++;
    const from = this.#starts[number] ?? 0;
    const to = from + end - start;
    if (to > this.#text.length) this.#text = longer(this.#text, to);
    for (let i = start; i < end; i++) this.#text[from + i - start] = bytes[i] ?? 0;
    if (number + 1 >= this.#starts.length) this.#starts = longer(this.#starts, number + 1);
    this.#starts[number + 1] = to;
    const slots = this.#slots;
    slots[at] = number + 1;
    slots[at + 1] = hash;
    slots[at + 2] = from;
    slots[at + 3] = to;
    if (slotWords * this.#count > slots.length * fullest) this.#double();
    return number;
  }

  #double(): void {
    const before = this.#slots;
    const slots = new Int32Array(before.length * 2);
    const last = slots.length - slotWords;
    for (let from = 0; from < before.length; from += slotWords) {
      if (before[from] === 0) continue;
      let at = spread(before[from + 1] ?? 0) & last;
      while (slots[at] !== 0) at = (at + slotWords) & last;
      for (let word = 0; word < slotWords; word++) slots[at + word] = before[from + word] ?? 0;
    }
    this.#slots = slots;
  }
}

/** Where a slot starts; ids that count up would lie in long runs without. */
function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 15)) << 2;
}

/** A copy that is twice as long, or as long as an index needs. */
export function longer<T extends Uint8Array | Uint32Array | Float64Array>(array: T, index: number): T {
  const copy = new (array.constructor as new (length: number) => T)(Math.max(index + 1, array.length * 2));
  copy.set(array);
  return copy;
}
