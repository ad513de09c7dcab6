import { Numbering } from "./numbering.ts";
import type { ArtistName, TrackId } from "./play.ts";
import type { SegmentTrack } from "./segment.ts";

const none = -1;

/**
 * Numbers the tracks of any number of segments, and their songs, artists and genres. A song that comes with another artist,
 * title or genre is another track. A known track costs one look-up: its other names are compared and not hashed.
 */
export class TrackDictionary {
  readonly songs = new Numbering<TrackId>();
  readonly artists = new Numbering<ArtistName>();
  readonly genres = new Numbering<string>();
  readonly #tracks: SegmentTrack[] = [];
  readonly #artist: number[] = [];
  /** -1 where a track has none. */
  readonly #genre: number[] = [];
  /** The next track of the same song, or -1. */
  readonly #next: number[] = [];
  /** By song. */
  readonly #first: number[] = [];

  get size(): number {
    return this.#tracks.length;
  }

  at(track: number): SegmentTrack | undefined {
    return this.#tracks[track];
  }

  artistOf(track: number): number {
    return this.#artist[track] ?? 0;
  }

  /** -1 where it has none. */
  genreOf(track: number): number {
    return this.#genre[track] ?? none;
  }

  firstOf(song: number): number {
    return this.#first[song] ?? none;
  }

  /** The next track of the same song, or -1. */
  nextOf(track: number): number {
    return this.#next[track] ?? none;
  }

  numberOf(track: SegmentTrack): number {
    const known = this.songs.size;
    const song = this.songs.numberOf(track.id);
    if (song === known) {
      this.#first.push(this.#add(track, none));
      return this.firstOf(song);
    }
    for (let number = this.firstOf(song); number !== none; number = this.nextOf(number))
      if (isSameTrack(this.#tracks[number], track)) return number;
    const added = this.#add(track, this.firstOf(song));
    this.#first[song] = added;
    return added;
  }

  #add(track: SegmentTrack, next: number): number {
    this.#artist.push(this.artists.numberOf(track.artist));
    this.#genre.push(track.genre === "" ? none : this.genres.numberOf(track.genre));
    this.#next.push(next);
    return this.#tracks.push(track) - 1;
  }
}

const isSameTrack = (a: SegmentTrack | undefined, b: SegmentTrack): boolean =>
  a !== undefined && a.artist === b.artist && a.title === b.title && a.genre === b.genre;
