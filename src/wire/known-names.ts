import { areEqual, ByteStore, copyBytes, hashBytes } from "../domain/byte-words.ts";
import { release } from "../domain/grown.ts";
import type { ArtistName, TrackId, UserId } from "../domain/play.ts";
import type { SegmentTrack } from "../domain/segment.ts";
import { type ByteReader, MalformedBytesError, type TextRun, viewOf } from "./bytes.ts";

/** A track stands in a segment as its id, artist, title and genre. */
const textsOfTrack = 4;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The listeners and tracks of the segments that are decoded one after the other, each once. A name is found by its bytes: to make
 * its string again, and to find that by what it holds, takes five times as long.
 */
export class KnownNames {
  readonly users: UserId[] = [];
  readonly tracks: SegmentTrack[] = [];
  readonly #userTexts = new KnownTexts(1);
  readonly #trackTexts = new KnownTexts(textsOfTrack);

  /** Where in `users` a segment's listeners are. */
  readUsers(reader: ByteReader): Uint32Array {
    const run = reader.textRun();
    return this.#userTexts.find(run, (text) => this.users.push(text as UserId));
  }

  /** Where in `tracks` a segment's tracks are. */
  readTracks(reader: ByteReader): Uint32Array {
    const run = reader.textRun();
    return this.#trackTexts.find(run, (text, at) => this.tracks.push(trackOf(text, run.lengths, at)));
  }
}

function trackOf(text: string, lengths: Uint32Array, at: number): SegmentTrack {
  const idEnd = lengths[at] ?? 0;
  const artistEnd = idEnd + (lengths[at + 1] ?? 0);
  const titleEnd = artistEnd + (lengths[at + 2] ?? 0);
  return {
    id: text.slice(0, idEnd) as TrackId,
    artist: text.slice(idEnd, artistEnd) as ArtistName,
    title: text.slice(artistEnd, titleEnd),
    genre: text.slice(titleEnd),
  };
}

const firstSlots = 1024;
/** Words of a slot: the name's number from 1 on, 0 in an empty one; its hash; where it is in the store; how many bytes it has. */
const slotWords = 4;

/** Numbers names of so many texts each by their bytes, in the order in which they come first. */
class KnownTexts {
  readonly #texts: number;
  /** Of each name the lengths of its texts, because the same bytes may be other texts, and its bytes. */
  readonly #store = new ByteStore(64 * 1024);
  #slots = new Int32Array(firstSlots * slotWords);
  #size = 0;
  /** What the memory that is asked for ahead holds; nobody needs to know. */
  #touched = 0;

  constructor(texts: number) {
    this.#texts = texts;
  }

  /**
   * The numbers of a run's names.
   *
   * @param add told of each new name: its texts in a row, and which of the run's is the first of them
   */
  find(run: TextRun, add: (text: string, at: number) => void): Uint32Array {
    const names = namesIn(run, this.#texts);
    const strings = new Strings(run.bytes, names);
    this.#touched ^= this.#touch(names.hashes);
    const found = new Uint32Array(names.hashes.length);
    for (let i = 0; i < found.length; i++) {
      let number = this.#numberOf(run, names, i);
      if (number === none) {
        add(strings.at(i), i * this.#texts);
        number = this.#add(run, names, i);
      }
      found[i] = number;
    }
    return found;
  }

  /** Asks for the memory of all names at once: to wait for that of each name by itself took half of the time. */
  #touch(hashes: Int32Array): number {
    const slots = this.#slots;
    const { bytes } = this.#store;
    const mask = slots.length - 1;
    const places = new Uint32Array(hashes.length);
    for (let i = 0; i < hashes.length; i++)
      places[i] = slots[(((hashes[i] as number) * slotWords) & mask) + 2] as number;
    let sum = 0;
    for (let i = 0; i < places.length; i++) sum ^= bytes[places[i] as number] as number;
    return sum;
  }

  #numberOf({ lengths }: TextRun, { view, starts, hashes }: NamesOfRun, i: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hash = hashes[i] as number;
    const start = starts[i] as number;
    const length = (starts[i + 1] as number) - start;
    for (let slot = (hash * slotWords) & mask; ; slot = (slot + slotWords) & mask) {
      const number = slots[slot] as number;
      if (number === 0) return none;
      if (slots[slot + 1] !== hash || slots[slot + 3] !== length) continue;
      const own = slots[slot + 2] as number;
      if (!this.#isCutAlike(own, lengths, i)) continue;
      if (areEqual(this.#store.view, own + this.#texts * 4, view, start, length)) return number - 1;
    }
  }

  #isCutAlike(own: number, lengths: Uint32Array, i: number): boolean {
    const { view } = this.#store;
    const at = i * this.#texts;
    for (let text = 0; text < this.#texts; text++)
      if (view.getUint32(own + text * 4, true) !== lengths[at + text]) return false;
    return true;
  }

  #add({ lengths }: TextRun, { view, starts, hashes }: NamesOfRun, i: number): number {
    if ((this.#size + 1) * slotWords * 2 > this.#slots.length) this.#double();
    const texts = this.#texts;
    const start = starts[i] as number;
    const length = (starts[i + 1] as number) - start;
    const own = this.#store.reserve(texts * 4 + length);
    const store = this.#store.view;
    for (let text = 0; text < texts; text++)
      store.setUint32(own + text * 4, lengths[i * texts + text] as number, true);
    copyBytes(view, start, store, own + texts * 4, length);
    this.#size += 1;
    this.#put(this.#size, hashes[i] as number, own, length);
    return this.#size - 1;
  }

  #put(number: number, hash: number, own: number, length: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (hash * slotWords) & mask;
    while (slots[slot] !== 0) slot = (slot + slotWords) & mask;
    slots[slot] = number;
    slots[slot + 1] = hash;
    slots[slot + 2] = own;
    slots[slot + 3] = length;
  }

  #double(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(2 * before.length);
    for (let slot = 0; slot < before.length; slot += slotWords) {
      const number = before[slot] ?? 0;
      if (number > 0) this.#put(number, before[slot + 1] ?? 0, before[slot + 2] ?? 0, before[slot + 3] ?? 0);
    }
    release(before);
  }
}

const none = -1;

interface NamesOfRun {
  readonly view: DataView;
  /** Where each name's bytes start, and at last where all end. */
  readonly starts: Uint32Array;
  /** The same in UTF-16 units. */
  readonly units: Uint32Array;
  readonly hashes: Int32Array;
}

/** A run's names, of so many texts each. */
function namesIn({ lengths, bytes }: TextRun, texts: number): NamesOfRun {
  if (lengths.length % texts !== 0) throw new MalformedBytesError(`${lengths.length} texts, ${texts} a name`);
  const view = viewOf(bytes);
  const isAscii = sumOf(lengths, 0, lengths.length) === bytes.length;
  const hashes = new Int32Array(lengths.length / texts);
  const starts = new Uint32Array(hashes.length + 1);
  const units = isAscii ? starts : new Uint32Array(hashes.length + 1);
  let start = 0;
  for (let i = 0; i < hashes.length; i++) {
    const length = sumOf(lengths, i * texts, (i + 1) * texts);
    const end = isAscii ? start + length : endOfUnits(bytes, start, length);
    if (end > bytes.length) throw new MalformedBytesError(`texts end at ${bytes.length}`);
    hashes[i] = hashBytes(view, start, end - start);
    units[i + 1] = (units[i] as number) + length;
    starts[i + 1] = end;
    start = end;
  }
  if (start !== bytes.length) throw new MalformedBytesError(`${bytes.length - start} bytes of no text`);
  return { view, starts, units, hashes };
}

/** A run with more than one new name in so many is decoded as a whole: its text then stays as long as one of them. */
const namesPerNew = 8;

/** The names of a run as strings: of few of them each by itself, which takes 0.3 us longer, and keeps nothing else. */
class Strings {
  readonly #bytes: Uint8Array;
  readonly #names: NamesOfRun;
  #left: number;
  #text: string | undefined;

  constructor(bytes: Uint8Array, names: NamesOfRun) {
    this.#bytes = bytes;
    this.#names = names;
    this.#left = names.hashes.length / namesPerNew;
  }

  at(i: number): string {
    const { starts, units } = this.#names;
    if (--this.#left >= 0) return strictUtf8.decode(this.#bytes.subarray(starts[i], starts[i + 1]));
    this.#text ??= strictUtf8.decode(this.#bytes);
    return this.#text.slice(units[i], units[i + 1]);
  }
}

function sumOf(lengths: Uint32Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += lengths[i] as number;
  return sum;
}

/** Where a text ends that starts at `start` and has so many UTF-16 units. */
function endOfUnits(bytes: Uint8Array, start: number, units: number): number {
  let at = start;
  let left = units;
  for (; left > 0; left--) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) at += 1;
    else if (lead < 0xe0) at += 2;
    else if (lead < 0xf0) at += 3;
    else {
      at += 4;
      left -= 1;
    }
  }
  if (left < 0) throw new MalformedBytesError("a text ends within a character");
  return at;
}
