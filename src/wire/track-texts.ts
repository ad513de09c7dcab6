import { grown } from "../domain/grown.ts";
import type { PlayedTrack } from "../domain/profile-plays.ts";
import type { ByteWriter } from "./bytes.ts";

const utf8 = new TextEncoder();
const averageBytes = 32;

/** Words of a track: where its bytes start and end, and the UTF-16 units of its id, its artist and its title. */
const trackWords = 5;

/**
 * The names of a dictionary's tracks as bytes, each made when it is first written. They lie close together: to read a play's names
 * from the strings of its track was 0.6 us, most of it waiting for memory.
 */
export class TrackTexts {
  readonly #tracks: readonly PlayedTrack[];
  readonly #words: Uint32Array;
  #bytes: Uint8Array<ArrayBuffer>;
  #used = 0;

  constructor(tracks: readonly PlayedTrack[]) {
    this.#tracks = tracks;
    this.#words = new Uint32Array(tracks.length * trackWords);
    this.#bytes = new Uint8Array(tracks.length * averageBytes);
  }

  /** Writes the lengths of a track's names, UTF-16 units, and returns how many bytes the names have. */
  writeLengths(writer: ByteWriter, index: number): number {
    const at = index * trackWords;
    const words = this.#words;
    if (words[at + 1] === 0) this.#add(index);
    writer.unsigned(words[at + 2] ?? 0);
    writer.unsigned(words[at + 3] ?? 0);
    writer.unsigned(words[at + 4] ?? 0);
    return (words[at + 1] ?? 0) - (words[at] ?? 0);
  }

  /** Writes a track's names, whose lengths were written before. */
  writeNames(writer: ByteWriter, index: number): void {
    const at = index * trackWords;
    writer.append(this.#bytes, this.#words[at] ?? 0, this.#words[at + 1] ?? 0);
  }

  /** An id is not empty, so the end of what was added is never 0. */
  #add(index: number): void {
    const track = this.#tracks[index];
    if (track === undefined) throw new RangeError(`no track has the index ${index}`);
    const { id, artist, title } = track;
    const names = id + artist + title;
    this.#reserve(names.length * 3); // a UTF-16 unit takes at most three bytes
    const start = this.#used;
    this.#used += utf8.encodeInto(names, this.#bytes.subarray(start)).written;
    this.#words.set([start, this.#used, id.length, artist.length, title.length], index * trackWords);
  }

  #reserve(more: number): void {
    const needed = this.#used + more;
    if (needed <= this.#bytes.length) return;
    this.#bytes = grown(this.#bytes, Math.max(needed, this.#bytes.length * 2));
  }
}
