import { faker } from "@faker-js/faker/locale/en";
import type { ArtistName, Track, TrackId } from "#src/domain/play.ts";
import { mix } from "./random.ts";

const songsPerArtist = 10;
const songsPerAlbum = 5;
const mostCached = 131_072;

const genres = [
  ...[
    "Pop",
    "Rock",
    "Hip-Hop",
    "R&B",
    "Electronic",
    "Indie",
    "Country",
    "Latin",
    "Metal",
    "Jazz",
    "Classical",
  ],
  ...["Folk", "Reggae", "Soul", "Blues", "Punk", "House", "Techno", "Ambient", "K-Pop", "Afrobeats", "Funk"],
] as const;

const { adjective, noun, verb } = faker.definitions.word;
const firstNames = faker.definitions.person.first_name.generic ?? [];
const lastNames = faker.definitions.person.last_name.generic ?? [];

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const wordOf = (words: readonly string[], hash: number): string => capital(words[hash % words.length] ?? "");

/**
 * Two words of which no other `index` gets the same two (below the product of both lists' lengths): an artist's name
 * is its key.
 */
function pairOf(
  index: number,
  seed: number,
  left: readonly string[],
  right: readonly string[],
): [string, string] {
  const pairs = left.length * right.length;
  // A prime that divides none of the lists' lengths visits every pair once.
  const at = (index * 7_368_787 + (seed % pairs)) % pairs;
  return [capital(left[Math.floor(at / right.length)] ?? ""), capital(right[at % right.length] ?? "")];
}

/**
 * Songs and artists, made from their number and the seed whenever they are asked for. Song 0 is the most popular;
 * artist `n` has the songs `n`, `n + artists`, `n + 2 * artists` and so on, so that artists differ in popularity too.
 */
export class Catalog {
  readonly songs: number;
  readonly artists: number;
  readonly #seed: number;
  readonly #tracks = new Map<number, Track>();

  constructor(songs: number, seed: number) {
    this.songs = songs;
    this.artists = Math.max(1, Math.ceil(songs / songsPerArtist));
    this.#seed = seed;
  }

  artistOf(song: number): number {
    return song % this.artists;
  }

  /** One of an artist's songs; `share` from 0 (their greatest hit) up to, but never, 1. */
  songOf(artist: number, share: number): number {
    const songs = Math.floor((this.songs - 1 - artist) / this.artists) + 1;
    return artist + this.artists * Math.floor(share * songs);
  }

  genreOf(artist: number): string {
    return genres[mix(artist, this.#seed ^ 0x6e7e) % genres.length] ?? "Pop";
  }

  artistName(artist: number): ArtistName {
    const style = mix(artist, this.#seed ^ 0xa27) % 4;
    if (style === 0) return pairOf(artist, this.#seed, firstNames, lastNames).join(" ") as ArtistName;
    const [left, right] = pairOf(artist, this.#seed, adjective, noun);
    return (style === 1 ? `The ${left} ${right}` : `${left} ${right}`) as ArtistName;
  }

  track(song: number): Track {
    const cached = this.#tracks.get(song);
    if (cached !== undefined) return cached;
    if (this.#tracks.size >= mostCached) this.#tracks.clear();
    const track = this.#makeTrack(song);
    this.#tracks.set(song, track);
    return track;
  }

  #makeTrack(song: number): Track {
    const artist = this.artistOf(song);
    const album = Math.floor(Math.floor(song / this.artists) / songsPerAlbum);
    return {
      id: `trk-${String(song).padStart(6, "0")}` as TrackId,
      artist: this.artistName(artist),
      title: this.#title(mix(song, this.#seed ^ 0x717e)),
      album: this.#title(mix(artist * 64 + album, this.#seed ^ 0xa1b)),
      genre: this.genreOf(artist),
      // 90 s to 420 s, most of them around 210 s.
      durationMs: 90_000 + Math.floor(330_000 * this.#bell(song)),
    };
  }

  /** From 0 to 1, most often near 0.35. */
  #bell(song: number): number {
    const hash = mix(song, this.#seed ^ 0xd0);
    const sum = (hash & 0x3ff) + ((hash >>> 10) & 0x3ff) + ((hash >>> 20) & 0x3ff);
    return (sum / 0xbfd) ** 1.5;
  }

  #title(hash: number): string {
    const other = mix(hash, 1);
    const third = mix(hash, 2);
    if (hash % 5 < 2) return `${wordOf(adjective, other)} ${wordOf(noun, third)}`;
    if (hash % 5 === 2) return wordOf(noun, other);
    if (hash % 5 === 3) return `${wordOf(verb, other)} the ${wordOf(noun, third)}`;
    return `${wordOf(noun, other)} of ${wordOf(noun, third)}`;
  }
}
