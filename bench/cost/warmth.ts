import { counterItem } from "#src/adapters/dynamodb/counter-item.ts";
import { allSongsKey, type CounterKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { ListenerFold } from "#src/domain/listener-fold.ts";
import type { ArtistName, EpochMs, Play, TrackId, UserId } from "#src/domain/play.ts";
import type { Profile } from "#src/domain/profile.ts";
import { deltaOf, type ProfileDelta, playsIn, rowsOf } from "#src/domain/profile-plays.ts";
import { SegmentBuilder } from "#src/domain/segment-builder.ts";
import type { Totals } from "#src/domain/totals.ts";
import { dayMs } from "#src/domain/windows.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { ProfileStore } from "#src/ports/profile-store.ts";
import { expectedTotals, historyOf, type Past } from "./history.ts";
import { itemBytes } from "./item-size.ts";
import { hashOf } from "./sample.ts";
import { numberIn, secondsPerPlay, type World } from "./world.ts";

/** Nothing has expired by then. */
const unexpired = 0 as EpochMs;
/** A slice of profiles that is in memory at once. */
const profilesAtOnce = 100;
/** As many as fill a write unit, and eight runs of them and a head (`node bench/profiles/main.ts`). */
const playsOfHead = 27;
const playsBetweenMerges = 9 * playsOfHead;
/** Of all songs and of all artists, from the most to the least popular, for what all of them take. */
const countersSampled = 1000;

/** What the stores hold after the service has run for some days at a steady rate. */
export class Warmth {
  readonly #world: World;
  readonly #now: EpochMs;
  readonly #from: EpochMs;
  readonly #artists = new Map<ArtistName, number>();
  readonly #values = new Map<string, number>();
  #plays = 0;

  constructor(world: World, now: EpochMs, ageDays: number) {
    this.#world = world;
    this.#now = now;
    this.#from = (now - ageDays * dayMs) as EpochMs;
  }

  /** Notes which artists there are, and how often each genre, platform, mood and country is played. */
  learn({ track, platform, mood, geo }: Play): void {
    this.#artists.set(track.artist, this.#world.catalog.artistOf(numberIn(track.id)));
    const values = { genre: track.genre, platform, mood, country: geo?.country };
    for (const [dimension, value] of Object.entries(values)) {
      const key = `DIM#${dimension}#${value}`;
      this.#values.set(key, (this.#values.get(key) ?? 0) + 1);
    }
    this.#plays += 1;
  }

  /** About what a counter's totals are now. */
  totalsOf(key: CounterKey): Totals {
    return expectedTotals(this.#pastOf(key));
  }

  /** About what a listener's totals are now; without what they heard. */
  profileOf(userId: UserId): Profile {
    const plays = this.#playsOf(userId);
    return {
      artists: new Map(),
      heard: new Set(),
      ...{ artistsEnd: undefined, heardEnd: undefined },
      recent: [],
      userId,
      plays,
      unqualified: Math.floor(plays / 7),
      listenedMs: plays * 180_000 + (hashOf(userId) % 180_000),
      completes: Math.floor(plays * 0.7),
      skips: Math.floor(plays / 5),
      firstHeardAt: this.#from,
    };
  }

  /** What the counters of all songs and artists that were ever played take together, bytes: of a sample, scaled. */
  countersBytes(): number {
    const { catalog, rate } = this.#world;
    const songs = sumOf(catalog.songs, (song) => {
      const key = `SONG#${catalog.track(song).id}` as CounterKey;
      return counterBytes(key, this.#pastOf(key));
    });
    const artists = sumOf(catalog.artists, (artist) =>
      counterBytes(`ARTIST#${catalog.artistName(artist)}` as CounterKey, {
        from: this.#from,
        to: this.#now,
        rate: rate * this.#world.artistShare(artist),
        seed: artist,
        label: undefined,
      }),
    );
    return songs + artists;
  }

  /** Writes counters with their history, through the adapter. */
  async writeCounters(store: CounterStore, keys: Iterable<string>): Promise<void> {
    const deltas = [...(keys as Iterable<CounterKey>)].map((key) => ({
      key,
      totals: historyOf(this.#pastOf(key)),
    }));
    // An epoch before the first, so that the guards let the first one pass; a time at which nothing had expired.
    await store.apply(0 as EpochNumber, this.#from, deltas);
  }

  /**
   * Writes profiles with all that their listeners heard, each somewhere between two merges of its layers (ADR 23): all but its
   * last plays at once, and these in as many as a head holds.
   */
  async writeProfiles(store: ProfileStore, users: Iterable<string>): Promise<void> {
    const waiting = [...users] as UserId[];
    while (waiting.length > 0) {
      const histories = waiting.splice(0, profilesAtOnce).map((userId) => this.#piecesOf(userId));
      const rounds = Math.max(...histories.map((pieces) => pieces.length));
      for (let round = 0; round < rounds; round++) {
        const deltas = histories.flatMap((pieces) => pieces[round] ?? []);
        const heads = await store.heads(deltas.map(({ userId }) => userId));
        const additions = deltas.map((delta) => ({ delta, head: heads.get(delta.userId) }));
        await store.add((round - rounds) as EpochNumber, additions);
      }
    }
  }

  /** What a fold brings to a listener of whom an epoch knows only one play or two: so many in all, the others after them. */
  foldOf(delta: ProfileDelta, plays: number): ProfileDelta {
    const missing = Math.max(0, Math.round(plays) - delta.plays - delta.unqualified);
    if (missing === 0) return delta;
    const until = (this.#now + missing * secondsPerPlay * 1000) as EpochMs;
    const others = this.#world.historyOf(numberIn(delta.userId), missing, this.#now, until);
    const { played } = deltaOfPlays([...others]);
    return deltaOf(delta.userId, rowsOf([...playsIn(delta.played), ...playsIn(played)]));
  }

  #playsOf(userId: UserId): number {
    const { rate } = this.#world;
    const seconds = (this.#now - this.#from) / 1000;
    const plays = Math.round(rate * seconds * this.#world.listenerShare(numberIn(userId)));
    return Math.max(1, Math.min(plays, Math.round(seconds / secondsPerPlay))); // nobody plays two at once
  }

  #piecesOf(userId: UserId): readonly ProfileDelta[] {
    const count = this.#playsOf(userId);
    const plays = [...this.#world.historyOf(numberIn(userId), count, this.#from, this.#now)];
    const apart = hashOf(userId) % playsBetweenMerges;
    const base = Math.max(0, count - apart);
    const pieces = [plays.slice(0, base)];
    for (let at = base; at < count; at += playsOfHead) pieces.push(plays.slice(at, at + playsOfHead));
    return pieces.filter((some) => some.length > 0).map(deltaOfPlays);
  }

  #pastOf(key: CounterKey): Past {
    const [kind, name] = splitKey(key);
    const { rate, seed, catalog } = this.#world;
    const past = { from: this.#from, to: this.#now, seed: hashOf(key) ^ seed, label: undefined };
    if (key === allSongsKey) return { ...past, rate };
    if (kind === "SONG") {
      const song = numberIn(name as TrackId);
      const { artist, title = "" } = catalog.track(song);
      const label = { startedAt: this.#from, artist, title };
      return { ...past, rate: rate * this.#world.songShare(song), label };
    }
    if (kind === "ARTIST") {
      const artist = this.#artists.get(name as ArtistName) ?? 0;
      return { ...past, rate: rate * this.#world.artistShare(artist) };
    }
    return { ...past, rate: (rate * (this.#values.get(key) ?? 1)) / Math.max(1, this.#plays) };
  }
}

function deltaOfPlays(plays: readonly Play[]): ProfileDelta {
  const builder = new SegmentBuilder();
  for (const play of plays) builder.addPlay(play, 0, 0, play.startedAt);
  const fold = new ListenerFold();
  fold.add(builder.finish(() => Number.POSITIVE_INFINITY));
  const [delta] = fold.deltas();
  if (delta === undefined) throw new Error("no plays");
  return delta;
}

/** A counter's size; 0 where it was never played. */
function counterBytes(key: CounterKey, past: Past): number {
  const totals = historyOf(past);
  return totals.plays === 0 ? 0 : itemBytes(counterItem({ key, epoch: 0 as EpochNumber, totals }, unexpired));
}

/** About the sum over 0 ... `count` - 1. */
function sumOf(count: number, valueAt: (index: number) => number): number {
  let sum = 0;
  for (let i = 0; i < countersSampled; i++) sum += valueAt(Math.floor(((i + 0.5) * count) / countersSampled));
  return (sum / countersSampled) * count;
}

function splitKey(key: CounterKey): readonly [kind: string, name: string] {
  const at = key.indexOf("#");
  return [key.slice(0, at), key.slice(at + 1)];
}
