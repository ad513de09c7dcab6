import type { ByteStore } from "./byte-words.ts";
import { type PackedTexts, unpackTexts } from "./packed-texts.ts";
import type { SegmentTrack } from "./segment.ts";

/** What has to be known of the values of a name: which texts they are. */
export interface NameKind<Value> {
  /** How many texts a value has. */
  readonly texts: number;
  /** Adds them. */
  pack(value: Value, into: PackedTexts): void;
  /** The value of these texts. */
  unpack(texts: readonly string[]): Value;
}

/** Values that are a text each. */
export const textKind = <Value extends string>(): NameKind<Value> => ({
  texts: 1,
  pack: (text, into) => into.add(text),
  unpack: ([text = ""]) => text as Value,
});

/** One id may come with several artists, titles or genres: each variant is a track of its own. */
export const trackKind: NameKind<SegmentTrack> = {
  texts: 4,
  pack({ id, artist, title, genre }, into) {
    into.add(id);
    into.add(artist);
    into.add(title);
    into.add(genre);
  },
  unpack: ([id = "", artist = "", title = "", genre = ""]) => ({ id, artist, title, genre }) as SegmentTrack,
};

/**
 * A name as a row of a record has it. The dictionary of a segment leaves its index on it, so that a name it has seen costs no look-up
 * (name-dictionary.ts). Several readers and segments may share a name.
 */
export type Name<Value> = PlainName<Value> | KeptName<Value>;

/** A name that a reader hands out again for every row that has it, the same object for the same value. */
export class PlainName<Value> {
  readonly value: Value;
  readonly store = undefined;
  /** The dictionary that saw it last, and its index there. A number: a reference to what is young is dear in what is old. */
  dictionary = 0;
  index = 0;

  constructor(value: Value) {
    this.value = value;
  }
}

/**
 * A name whose texts a reader keeps packed in a store of bytes (`packTexts`), and with them what a dictionary leaves. The
 * reader has one such object for a field of its row and moves it from name to name: an object for each of a hundred thousand names, with its
 * strings, was most of what the garbage collector had to go through, and two more misses of the cache a name.
 */
export class KeptName<Value> {
  store: ByteStore;
  start = 0;
  readonly #kind: NameKind<Value>;

  constructor(kind: NameKind<Value>, store: ByteStore) {
    this.#kind = kind;
    this.store = store;
  }

  moveTo(store: ByteStore, start: number): this {
    this.store = store;
    this.start = start;
    return this;
  }

  get value(): Value {
    return this.#kind.unpack(unpackTexts(this.store, this.start, this.#kind.texts));
  }
}
