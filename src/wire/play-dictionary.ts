import { grown } from "../domain/grown.ts";
import type { Track, UserId } from "../domain/play.ts";
import { ByteInterner, emptyHash, hashByte } from "./byte-interner.ts";
import { bucketOf } from "./partition-key.ts";

const utf8 = new TextEncoder();
const decoder = new TextDecoder();
const none = -1;
/** A dictionary of so many texts, or bytes of texts, is full. */
const mostTexts = 1_000_000;
const mostTextBytes = 64 * 1024 * 1024;

/** The texts and tracks of many plays, each kept once and known by its number; 0 is none. */
export class PlayDictionary {
  readonly texts = new ByteInterner();
  /** UTF-16 units of a text. */
  #units = new Uint32Array(1024);
  #measured = 0;
  /** Buckets of listeners, by the number of their id plus 1. */
  #buckets = new Int16Array(1024).fill(none);
  /** Five texts a track: id, artist, title, album, genre. */
  #tracks = new Uint32Array(5 * 1024);
  #trackCount = 0;
  /** By an id's number, the first track of it that is no more than id and artist, and its artist. */
  #bare = new Uint32Array(2 * 1024);
  /** By an id's number, the first track of it that has more. */
  #full = new Uint32Array(1024);
  /** All others, by their texts. */
  readonly #variants = new Map<string, number>();
  #scratch = new Uint8Array(4096);

  /** Whether it takes so much memory that it is time for another. */
  get isFull(): boolean {
    const { size, byteLength } = this.texts;
    return size > mostTexts || byteLength > mostTextBytes || this.#trackCount > mostTexts;
  }

  /** The number of a text. */
  numberOf(text: string): number {
    if (text.length * 3 > this.#scratch.length) this.#scratch = new Uint8Array(text.length * 3);
    const { written } = utf8.encodeInto(text, this.#scratch);
    return this.numberOfBytes(this.#scratch, 0, written);
  }

  /** The number of the text whose UTF-8 bytes stand from `start` to `end`. */
  numberOfBytes(bytes: Uint8Array, start: number, end: number): number {
    let hash = emptyHash;
    for (let i = start; i < end; i++) hash = hashByte(hash, bytes[i] ?? 0);
    return this.texts.intern(bytes, start, end, hash);
  }

  textOf(number: number): string {
    return decoder.decode(this.texts.bytes.subarray(this.texts.start(number), this.texts.end(number)));
  }

  /** How many UTF-16 units a text has. */
  unitsOf(number: number): number {
    if (number > this.#measured) this.#measure();
    return this.#units[number] ?? 0;
  }

  /** The partition key bucket of the listener whose id the text is. */
  bucketOf(user: number): number {
    if (user >= this.#buckets.length)
      this.#buckets = grown(this.#buckets, roomFor(user, this.#buckets), none);
    const known = this.#buckets[user] ?? none;
    if (known !== none) return known;
    const bucket = bucketOf(this.textOf(user) as UserId);
    this.#buckets[user] = bucket;
    return bucket;
  }

  /** The number of a track. */
  trackNumberOf({ id, artist, title, album, genre }: Track): number {
    const optional = (text: string | undefined): number => (text === undefined ? 0 : this.numberOf(text));
    const [own, by] = [this.numberOf(id), this.numberOf(artist)];
    return this.trackOf(own, by, optional(title), optional(album), optional(genre));
  }

  /** The number of the track that has these texts, 0 where it has none. */
  trackOf(id: number, artist: number, title: number, album: number, genre: number): number {
    if (title === 0 && album === 0 && genre === 0) return this.bareTrack(id, artist);
    if (id >= this.#full.length) this.#full = grown(this.#full, roomFor(id, this.#full));
    const track = this.#full[id] ?? 0;
    if (track === 0) {
      const added = this.#addTrack(id, artist, title, album, genre);
      this.#full[id] = added;
      return added;
    }
    const texts = this.#tracks;
    const at = 5 * track;
    const isSame =
      texts[at + 1] === artist &&
      texts[at + 2] === title &&
      texts[at + 3] === album &&
      texts[at + 4] === genre;
    return isSame ? track : this.#variant(id, artist, title, album, genre);
  }

  /** The number of the track that has an id and an artist, and nothing else. */
  bareTrack(id: number, artist: number): number {
    if (2 * id >= this.#bare.length) this.#bare = grown(this.#bare, roomFor(2 * id + 1, this.#bare));
    if (this.#bare[2 * id + 1] === artist) return this.#bare[2 * id] ?? 0;
    if (this.#bare[2 * id] !== 0) return this.#variant(id, artist, 0, 0, 0);
    const track = this.#addTrack(id, artist, 0, 0, 0);
    this.#bare[2 * id] = track;
    this.#bare[2 * id + 1] = artist;
    return track;
  }

  #variant(...texts: readonly [number, number, number, number, number]): number {
    const key = texts.join();
    let track = this.#variants.get(key);
    if (track === undefined) {
      track = this.#addTrack(...texts);
      this.#variants.set(key, track);
    }
    return track;
  }

  /** @param field 0 for the id, then artist, title, album and genre */
  textOfTrack(track: number, field: number): number {
    return this.#tracks[5 * track + field] ?? 0;
  }

  #addTrack(...texts: readonly [number, number, number, number, number]): number {
    this.#trackCount += 1;
    const at = 5 * this.#trackCount;
    if (at + 5 > this.#tracks.length) this.#tracks = grown(this.#tracks, roomFor(at + 5, this.#tracks));
    this.#tracks.set(texts, at);
    return this.#trackCount;
  }

  #measure(): void {
    const { size, bytes } = this.texts;
    if (size >= this.#units.length) this.#units = grown(this.#units, roomFor(size, this.#units));
    for (let number = this.#measured + 1; number <= size; number++) {
      let units = 0;
      for (let i = this.texts.start(number); i < this.texts.end(number); i++) {
        const byte = bytes[i] ?? 0;
        // A byte that goes on with a character counts nothing; the first of four begins a surrogate pair.
        if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
      }
      this.#units[number] = units;
    }
    this.#measured = size;
  }
}

/** The length of an array that has room for an index. */
const roomFor = (index: number, { length }: ArrayLike<number>): number => Math.max(index + 1, length * 2);
