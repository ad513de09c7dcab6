import { areEqual } from "./byte-words.ts";
import { PackedTexts } from "./packed-texts.ts";
import type { Name } from "./play-row.ts";
import type { SegmentTrack } from "./segment.ts";

/** What a dictionary has to know of the values that it keeps. */
export interface NameKind<Value> {
  /** How many texts a value has. */
  readonly texts: number;
  /** Adds them. */
  pack(value: Value, into: PackedTexts): void;
}

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
  readonly values: Value[] = [];
  /** The texts of the values, in their order. */
  readonly texts = new PackedTexts();
  readonly #kind: NameKind<Value>;
  #number = ++lastDictionary;
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

  /** The value's index; it is added where it is new. */
  indexOf(name: Name<Value>): number {
    if (name.dictionary === this.#number) return name.index;
    name.index = this.#lookUp(name.value, this.#addTexts(name));
    name.dictionary = this.#number;
    return name.index;
  }

  /** Has no values any more, and keeps the memory: `values` and `texts` are those of the next ones. */
  clear(): void {
    this.#number = ++lastDictionary;
    this.values.length = 0;
    this.texts.cut(0, 0);
    this.#slots.fill(0);
  }

  /** Adds a name's texts behind those of all values, and returns their hash. */
  #addTexts({ store, start, value }: Name<Value>): number {
    const { texts } = this;
    if (store !== undefined) return texts.addPacked(store, start, this.#kind.texts);
    const before = texts.used;
    this.#kind.pack(value, texts);
    return texts.hashFrom(before);
  }

  /** The index of the value whose texts are behind those of all others; where it is not new, they go away. */
  #lookUp(value: Value, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 2;
    let slot = (hash << 1) & mask;
    for (; slots[slot + 1] !== 0; slot = (slot + 2) & mask) {
      if (slots[slot] !== hash) continue;
      const index = (slots[slot + 1] ?? 0) - 1;
      if (!this.#isLast(index)) continue;
      this.texts.cut(this.values.length * this.#kind.texts, this.#starts[this.values.length] ?? 0);
      return index;
    }
    const index = this.values.push(value) - 1;
    slots[slot] = hash;
    slots[slot + 1] = index + 1;
    if (index + 2 > this.#starts.length) this.#growStarts();
    this.#starts[index + 1] = this.texts.used;
    if (this.values.length * 4 > slots.length) this.#grow();
    return index;
  }

  /** Whether a value's texts are those behind all others. */
  #isLast(index: number): boolean {
    const { view, lengths, used } = this.texts;
    const start = this.#starts[index] ?? 0;
    const last = this.#starts[this.values.length] ?? 0;
    const size = used - last;
    if ((this.#starts[index + 1] ?? 0) - start !== size || !areEqual(view, start, view, last, size))
      return false;
    const { texts } = this.#kind;
    for (let i = 0; i < texts; i++)
      if (lengths[index * texts + i] !== lengths[this.values.length * texts + i]) return false;
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

export const textKind: NameKind<string> = { texts: 1, pack: (text, into) => into.add(text) };

/** One id may come with several artists, titles or genres: each variant is a track of its own. */
export const trackKind: NameKind<SegmentTrack> = {
  texts: 4,
  pack({ id, artist, title, genre }, into) {
    into.add(id);
    into.add(artist);
    into.add(title);
    into.add(genre);
  },
};

/** The UTF-8 bytes of a string, and at most three for its length. */
export function stringBytes(value: string): number {
  let bytes = value.length + 3;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit > 0x7f) bytes += unit > 0x7ff ? 2 : 1; // a surrogate pair is counted as six bytes and takes four
  }
  return bytes;
}
