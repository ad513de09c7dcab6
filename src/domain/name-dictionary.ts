import { type Hash64, hash64 } from "./hash64.ts";
import type { Name } from "./play-row.ts";
import type { SegmentTrack } from "./segment.ts";

/** What a dictionary has to know of the values that it keeps. */
export interface NameKind<Value> {
  hash(value: Value): number;
  /** An upper bound of the bytes that a segment takes for it; at least 1. */
  bytes(value: Value): number;
  areSame(a: Value, b: Value): boolean;
}

const firstSlots = 1024;
let lastDictionary = 0;

/**
 * Values by index, each once. A name that comes again is known by the number that the dictionary left on it; one that
 * is new here is looked for in a small table by its hash. Look-ups in a Map, whose entries lie all over the heap, were 0.6 us a
 * play of the profile.
 */
export class NameDictionary<Value> {
  readonly values: Value[] = [];
  /** What the values take at most once they are encoded. */
  bytes = 0;
  readonly #kind: NameKind<Value>;
  readonly #number = ++lastDictionary;
  /** The hash, and the index plus 1 or 0, of a slot. */
  #slots = new Int32Array(2 * firstSlots);

  constructor(kind: NameKind<Value>) {
    this.#kind = kind;
  }

  /** The value's index; it is added where it is new. */
  indexOf(name: Name<Value>): number {
    if (name.dictionary === this.#number) return name.index;
    if (name.bytes === 0) {
      name.hash = this.#kind.hash(name.value) | 0;
      name.bytes = this.#kind.bytes(name.value);
    }
    name.index = this.#lookUp(name);
    name.dictionary = this.#number;
    return name.index;
  }

  #lookUp({ value, hash, bytes }: Name<Value>): number {
    const slots = this.#slots;
    const mask = slots.length - 2;
    let slot = (hash << 1) & mask;
    for (; slots[slot + 1] !== 0; slot = (slot + 2) & mask) {
      if (slots[slot] !== hash) continue;
      const index = (slots[slot + 1] ?? 0) - 1;
      const known = this.values[index];
      if (known !== undefined && this.#kind.areSame(known, value)) return index;
    }
    const index = this.values.push(value) - 1;
    slots[slot] = hash;
    slots[slot + 1] = index + 1;
    this.bytes += bytes;
    if (this.values.length * 4 > slots.length) this.#grow();
    return index;
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

const scratch: Hash64 = { hi: 0, lo: 0 };

export const textKind: NameKind<string> = {
  hash: (text) => hash64(text, scratch).lo,
  bytes: stringBytes,
  areSame: (a, b) => a === b,
};

/** One id may come with several artists, titles or genres: each variant is a track of its own. */
export const trackKind: NameKind<SegmentTrack> = {
  hash({ id, artist, title, genre }) {
    let hash = hash64(id, scratch).lo;
    for (const text of [artist, title, genre]) hash = Math.imul(hash, 0x9e3779b1) ^ hash64(text, scratch).lo;
    return hash ^ (hash >>> 15);
  },
  bytes: ({ id, artist, title, genre }) =>
    stringBytes(id) + stringBytes(artist) + stringBytes(title) + stringBytes(genre),
  areSame: (a, b) =>
    a === b || (a.id === b.id && a.artist === b.artist && a.title === b.title && a.genre === b.genre),
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
