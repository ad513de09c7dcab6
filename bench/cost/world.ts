import { Catalog } from "#simulator/catalog.ts";
import { type Listener, makeListener } from "#simulator/listener.ts";
import { mix, Random } from "#simulator/random.ts";
import { createSimulator, type Simulator } from "#simulator/simulator.ts";
import { Zipf } from "#simulator/zipf.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";

export const songCount = 1_000_000;
/** Listeners for each play a second: 21.6 plays a listener and day. */
export const listenersPerRate = 4000;
/** How long a play takes, roughly: so many times the rate listen at once. */
export const secondsPerPlay = 200;
/** The mean of what `makeListener` draws. */
const meanLoyalty = 0.55;
/** The simulator draws listener `floor(u ** 1.6 * listeners)`, so that some come more often. */
const listenerSkew = 1.6;

/** Who listens to what at a rate: the simulator, and how often it plays each song, artist and listener. */
export class World {
  readonly rate: number;
  readonly seed: number;
  readonly listeners: number;
  readonly catalog: Catalog;
  readonly #popularity = new Zipf(songCount);
  /** By artist: the sum of 1/rank over their songs, as a share of all. */
  readonly #artistShares: Float64Array;
  readonly #zipfSum: number;

  constructor(rate: number, seed: number) {
    this.rate = rate;
    this.seed = seed;
    this.listeners = rate * listenersPerRate;
    this.catalog = new Catalog(songCount, seed);
    this.#artistShares = new Float64Array(this.catalog.artists);
    let sum = 0;
    for (let song = 0; song < songCount; song++) sum += 1 / (song + 1);
    this.#zipfSum = sum;
    for (let song = 0; song < songCount; song++) {
      const artist = this.catalog.artistOf(song);
      this.#artistShares[artist] = (this.#artistShares[artist] ?? 0) + this.#zipf(song);
    }
  }

  createSimulator(): Simulator {
    return createSimulator({
      seed: this.seed,
      users: this.listeners,
      songs: songCount,
      listening: this.rate * secondsPerPlay,
    });
  }

  /** The share of all plays that goes to an artist: by Zipf's law, whether as a favourite or not. */
  artistShare(artist: number): number {
    return this.#artistShares[artist] ?? 0;
  }

  /** The share of all plays that goes to a song: what everybody plays, and what the artist's admirers play. */
  songShare(song: number): number {
    const artist = this.catalog.artistOf(song);
    const songs = songCount / this.catalog.artists;
    const place = Math.floor(song / this.catalog.artists);
    // An admirer's song is number `u ** 2 * songs`.
    const amongFavourites = Math.sqrt((place + 1) / songs) - Math.sqrt(place / songs);
    return (1 - meanLoyalty) * this.#zipf(song) + meanLoyalty * this.artistShare(artist) * amongFavourites;
  }

  /** The share of all plays that a listener makes. */
  listenerShare(listener: number): number {
    const place = (listener + 0.5) / this.listeners;
    return place ** (1 / listenerSkew - 1) / listenerSkew / this.listeners;
  }

  /** `count` plays of one listener, evenly spread over a time, as the simulator would draw them. */
  *historyOf(listener: number, count: number, from: EpochMs, to: EpochMs): Generator<Play> {
    const who = makeListener(listener, this.seed, this.catalog, this.#popularity);
    const random = new Random(mix(listener, this.seed ^ 0x815));
    for (let i = 0; i < count; i++) {
      const startedAt = Math.floor(from + ((i + random.next()) / count) * (to - from)) as EpochMs;
      const track = this.catalog.track(this.#drawSong(who, random));
      const msPlayed = random.chance(0.15) ? random.below(30_000) : (track.durationMs ?? 0);
      yield {
        eventId: `${listener}-${i}` as Play["eventId"],
        userId: who.userId,
        track,
        startedAt,
        msPlayed,
      };
    }
  }

  #drawSong(who: Listener, random: Random): number {
    if (!random.chance(who.loyalty)) return this.#popularity.rank(random.next());
    const artist = who.favourites[Math.floor(random.next() ** 2 * who.favourites.length)];
    return this.catalog.songOf(artist ?? who.favourites[0], random.next() ** 2);
  }

  #zipf(song: number): number {
    return 1 / (song + 1) / this.#zipfSum;
  }
}

/** The number in the simulator's ids, `trk-000123` and `user-000123`. */
export const numberIn = (id: string): number => Number(id.slice(id.lastIndexOf("-") + 1));
