import { hashBytes } from "../domain/byte-words.ts";
import type { ArtistName, TrackId, UserId } from "../domain/play.ts";
import type { SegmentTrack } from "../domain/segment.ts";
import { ByteInterner } from "./byte-interner.ts";
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
  readonly #userBytes = new ByteInterner();
  readonly #trackBytes = new ByteInterner();
  /** By track: units of its id, its artist and its title. */
  readonly #cuts: number[] = [];

  /** Where in `users` a segment's listeners are. */
  readUsers(reader: ByteReader): Uint32Array {
    const run = reader.textRun();
    const indexes = new Uint32Array(run.lengths.length);
    forEachText(run, 1, (start, end, hash, at) => {
      const index = this.#userBytes.intern(run.bytes, start, end, hash) - 1;
      if (index === this.users.length) this.users.push(textOf(run, start, end) as UserId);
      indexes[at] = index;
    });
    return indexes;
  }

  /** Where in `tracks` a segment's tracks are. */
  readTracks(reader: ByteReader): Uint32Array {
    const run = reader.textRun();
    const indexes = new Uint32Array(run.lengths.length / textsOfTrack);
    forEachText(run, textsOfTrack, (start, end, hash, at) => {
      indexes[at / textsOfTrack] = this.#trackAt(run, start, end, hash, at);
    });
    return indexes;
  }

  /** The same bytes may be other texts: then they are looked for under another hash, which the interner takes for other bytes. */
  #trackAt(run: TextRun, start: number, end: number, hash: number, at: number): number {
    for (let salt = 0; ; salt++) {
      const index = this.#trackBytes.intern(run.bytes, start, end, (hash + salt) | 0) - 1;
      if (index === this.tracks.length) this.#addTrack(textOf(run, start, end), run.lengths, at);
      if (this.#isCutAt(index, run.lengths, at)) return index;
    }
  }

  #addTrack(text: string, lengths: Uint32Array, at: number): void {
    const idEnd = lengths[at] ?? 0;
    const artistEnd = idEnd + (lengths[at + 1] ?? 0);
    const titleEnd = artistEnd + (lengths[at + 2] ?? 0);
    this.#cuts.push(...lengths.subarray(at, at + 3));
    this.tracks.push({
      id: text.slice(0, idEnd) as TrackId,
      artist: text.slice(idEnd, artistEnd) as ArtistName,
      title: text.slice(artistEnd, titleEnd),
      genre: text.slice(titleEnd),
    });
  }

  #isCutAt(index: number, lengths: Uint32Array, at: number): boolean {
    const own = index * 3;
    const cuts = this.#cuts;
    return (
      cuts[own] === lengths[at] && cuts[own + 1] === lengths[at + 1] && cuts[own + 2] === lengths[at + 2]
    );
  }
}

const textOf = ({ bytes }: TextRun, start: number, end: number): string =>
  strictUtf8.decode(bytes.subarray(start, end));

/** Visits a run's texts, so many at once: where their bytes are, their hash, and which is the first of them. */
function forEachText(
  { lengths, bytes }: TextRun,
  texts: number,
  visit: (start: number, end: number, hash: number, at: number) => void,
): void {
  if (lengths.length % texts !== 0) throw new MalformedBytesError(`${lengths.length} texts, ${texts} a name`);
  const view = viewOf(bytes);
  const isAscii = sumOf(lengths, 0, lengths.length) === bytes.length;
  let start = 0;
  for (let at = 0; at < lengths.length; at += texts) {
    const units = sumOf(lengths, at, at + texts);
    const end = isAscii ? start + units : endOfUnits(bytes, start, units);
    if (end > bytes.length) throw new MalformedBytesError(`texts end at ${bytes.length}`);
    visit(start, end, hashBytes(view, start, end - start), at);
    start = end;
  }
  if (start !== bytes.length) throw new MalformedBytesError(`${bytes.length - start} bytes of no text`);
}

function sumOf(lengths: Uint32Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += lengths[i] ?? 0;
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
