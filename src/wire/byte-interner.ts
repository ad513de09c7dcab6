import { grown, release } from "../domain/grown.ts";

const firstSlots = 1024;
const firstBytes = 64 * 1024;
/** A table that is fuller is doubled. */
const fullest = 0.7;

/** The hash of nothing; `hashByte` adds to it. FNV-1a, because a reader can work it out while it looks for a field's end. */
export const emptyHash = 0x811c9dc5 | 0;
export const hashByte = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193);

/** Words of a slot: the number, 0 in an empty one; the hash; where the bytes start and end. One line of the processor's cache. */
const slotWords = 4;

/** Numbers byte strings from 1 on, each once, in the order in which they came first. */
export class ByteInterner {
  #table = new Int32Array(firstSlots * slotWords);
  #shift = 32 - Math.log2(firstSlots);
  /** Where the bytes of a number end in `#bytes`; they start where those of the number before end. */
  #ends = new Uint32Array(firstSlots);
  #bytes = new Uint8Array(firstBytes);
  #size = 0;

  /** The greatest number. */
  get size(): number {
    return this.#size;
  }

  /** How many bytes all of them have. */
  get byteLength(): number {
    return this.#ends[this.#size] ?? 0;
  }

  /** What holds all of them; never written to, and replaced when it is full. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Where a number's bytes start in `bytes`. */
  start(number: number): number {
    return this.#ends[number - 1] ?? 0;
  }

  /** Where they end. */
  end(number: number): number {
    return this.#ends[number] ?? 0;
  }

  /** The number of the bytes from `start` to `end`. @param hash of them, always the same way; bytes of another hash are others */
  intern(source: Uint8Array, start: number, end: number, hash: number): number {
    const table = this.#table;
    const last = table.length - slotWords;
    let at = (Math.imul(hash, 0x9e3779b1) >>> this.#shift) * slotWords;
    for (;;) {
      const number = table[at] ?? 0;
      if (number === 0) return this.#add(at, source, start, end, hash);
      if (table[at + 1] === hash && this.#isEqual(at, source, start, end)) return number;
      at = at === last ? 0 : at + slotWords;
    }
  }

  #isEqual(at: number, source: Uint8Array, start: number, end: number): boolean {
    const bytes = this.#bytes;
    let own = this.#table[at + 2] ?? 0;
    if ((this.#table[at + 3] ?? 0) - own !== end - start) return false;
    for (let i = start; i < end; i++) if (bytes[own++] !== source[i]) return false;
    return true;
  }

  #add(at: number, source: Uint8Array, start: number, end: number, hash: number): number {
    const from = this.byteLength;
    const to = from + end - start;
    const number = this.#size + 1;
    if (to > this.#bytes.length) this.#bytes = grown(this.#bytes, Math.max(to, this.#bytes.length * 2));
    for (let i = start, own = from; i < end; i++) this.#bytes[own++] = source[i] ?? 0;
    if (number >= this.#ends.length) this.#ends = grown(this.#ends, this.#ends.length * 2);
    this.#size = number;
    this.#ends[number] = to;
    this.#fill(at, number, hash, from, to);
    if (number * slotWords > this.#table.length * fullest) this.#double();
    return number;
  }

  #fill(at: number, number: number, hash: number, start: number, end: number): void {
    this.#table[at] = number;
    this.#table[at + 1] = hash;
    this.#table[at + 2] = start;
    this.#table[at + 3] = end;
  }

  #double(): void {
    const before = this.#table;
    this.#table = new Int32Array(before.length * 2);
    this.#shift -= 1;
    const last = this.#table.length - slotWords;
    for (let from = 0; from < before.length; from += slotWords) {
      const number = before[from] ?? 0;
      if (number === 0) continue;
      const hash = before[from + 1] ?? 0;
      let at = (Math.imul(hash, 0x9e3779b1) >>> this.#shift) * slotWords;
      while (this.#table[at] !== 0) at = at === last ? 0 : at + slotWords;
      this.#fill(at, number, hash, before[from + 2] ?? 0, before[from + 3] ?? 0);
    }
    release(before);
  }
}
