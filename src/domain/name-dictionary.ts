import { areEqual, type ByteStore } from "./byte-words.ts";
import type { Name, NameKind } from "./name.ts";
import { dictionaryAt, indexAt, PackedTexts } from "./packed-texts.ts";

const firstSlots = 1024;
/** A text is far shorter than 2^21 UTF-16 units. */
const mostLengthBytes = 3;
let lastDictionary = 0;

/**
 * Values by index, each once. A name that comes again is known by the number that the dictionary left on it; one that
 * is new here is looked for in a small table by its bytes, which a segment takes as they are. Look-ups in a Map, whose entries lie all over the heap, were 0.6 us a
 * play of the profile.
 */
export class NameDictionary<Value> {
  /** The texts of the values, in their order. */
  readonly texts = new PackedTexts();
  readonly #kind: NameKind<Value>;
  #number = ++lastDictionary;
  #count = 0;
  /** The hash, and the index plus 1 or 0, of a slot. */
  #slots = new Int32Array(2 * firstSlots);
  /** Where the bytes of a value begin, by its index, and where the last ones end. */
  #starts = new Uint32Array(firstSlots);

  constructor(kind: NameKind<Value>) {
    this.#kind = kind;
  }

  /** An upper bound of what the values take once they are encoded. */
  get bytes(): number {
    return this.texts.used + mostLengthBytes * this.texts.count;
  }

  /** The values, made of their texts. */
  get values(): Value[] {
    const texts = this.texts.strings();
    const { texts: each } = this.#kind;
    return Array.from({ length: this.#count }, (_, i) =>
      this.#kind.unpack(texts.slice(i * each, (i + 1) * each)),
    );
  }

  /** The value's index; it is added where it is new. */
  indexOf(name: Name<Value>): number {
    if (name.store !== undefined) return this.#indexOfKept(name.store, name.start);
    if (name.dictionary === this.#number) return name.index;
    const before = this.texts.used;
    this.#kind.pack(name.value, this.texts);
    name.index = this.#lookUp(this.texts.hashFrom(before));
    name.dictionary = this.#number;
    return name.index;
  }

  #indexOfKept(store: ByteStore, start: number): number {
    const { view } = store;
    if (view.getInt32(start + dictionaryAt, true) === this.#number)
      return view.getInt32(start + indexAt, true);
    const index = this.#lookUp(this.texts.addPacked(store, start, this.#kind.texts));
    view.setInt32(start + dictionaryAt, this.#number, true);
    view.setInt32(start + indexAt, index, true);
    return index;
  }

  /** Has no values any more, and keeps the memory: `texts` are those of the next ones. */
  clear(): void {
    this.#number = ++lastDictionary;
    this.#count = 0;
    this.texts.cut(0, 0);
    this.#slots.fill(0);
  }

  /** The index of the value whose texts are behind those of all others; where it is not new, they go away. */
  #lookUp(hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 2;
    let slot = (hash << 1) & mask;
    for (; slots[slot + 1] !== 0; slot = (slot + 2) & mask) {
      if (slots[slot] !== hash) continue;
      const index = (slots[slot + 1] ?? 0) - 1;
      if (!this.#isLast(index)) continue;
      this.texts.cut(this.#count * this.#kind.texts, this.#starts[this.#count] ?? 0);
      return index;
    }
    const index = this.#count++;
    slots[slot] = hash;
    slots[slot + 1] = index + 1;
    if (index + 2 > this.#starts.length) this.#growStarts();
    this.#starts[index + 1] = this.texts.used;
    if (this.#count * 4 > slots.length) this.#grow();
    return index;
  }

  /** Whether a value's texts are those behind all others. */
  #isLast(index: number): boolean {
    const { view, lengths, used } = this.texts;
    const start = this.#starts[index] ?? 0;
    const last = this.#starts[this.#count] ?? 0;
    const size = used - last;
    if ((this.#starts[index + 1] ?? 0) - start !== size || !areEqual(view, start, view, last, size))
      return false;
    const { texts } = this.#kind;
    for (let i = 0; i < texts; i++)
      if (lengths[index * texts + i] !== lengths[this.#count * texts + i]) return false;
    return true;
  }

  #growStarts(): void {
    const grown = new Uint32Array(2 * this.#starts.length);
    grown.set(this.#starts);
    this.#starts = grown;
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Int32Array(old.length * 2);
    const mask = slots.length - 2;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] === 0) continue;
      let slot = ((old[from] ?? 0) << 1) & mask;
      while (slots[slot + 1] !== 0) slot = (slot + 2) & mask;
      slots[slot] = old[from] ?? 0;
      slots[slot + 1] = old[from + 1] ?? 0;
    }
    this.#slots = slots;
  }
}

/** The UTF-8 bytes of a string, and at most three for its length. */
export function stringBytes(value: string): number {
  let bytes = value.length + 3;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit > 0x7f) bytes += unit > 0x7ff ? 2 : 1; // a surrogate pair is counted as six bytes and takes four
  }
  return bytes;
}
