import type { ByteTable } from "./byte-table.ts";
import type { Heard } from "./csv-heard.ts";
import type { CsvRecount } from "./csv-recount.ts";
import { textOf } from "./text.ts";

const trendingSongs = 5;

/** What `earworm analyze` should say of a file, in the order in which it says it. */
export interface CsvFigures {
  readonly input: { readonly plays: number; readonly duplicates: number; readonly rejected: number };
  readonly mapreduce_results: {
    readonly count_keys: number;
    readonly top_songs: Readonly<Record<string, number>>;
  };
  readonly userbehavior_results: {
    readonly num_users: number;
    readonly users: readonly {
      readonly user_id: string;
      /** Seconds. */
      readonly total_time: number;
      readonly top_artist: string | null;
    }[];
    readonly top_users: readonly string[];
  };
  readonly recommendation_results: {
    readonly num_trending: number;
    readonly trending_songs: readonly string[];
    readonly recommendations: Readonly<Record<string, readonly string[]>>;
  };
}

/** How many of each list are wanted. */
export interface Lengths {
  readonly songs: number;
  readonly users: number;
  readonly topUsers: number;
}

/** The figures of a file that was counted to its end. */
export function figuresOf(recount: CsvRecount, lengths: Lengths): CsvFigures {
  const { users, songs, artists } = recount;
  const chart = bestSongs(recount, Math.max(lengths.songs, trendingSongs));
  const listeners = mostActive(recount, Math.max(lengths.users, lengths.topUsers));
  const kept = listeners.slice(0, lengths.users).sort((a, b) => users.compare(a, b));
  const isKept = new Uint8Array(users.count);
  for (const user of kept) isKept[user] = 1;
  const heard = recount.heard.heardBy(isKept);
  const favourites = favouriteArtists(heard, artists, kept);
  const trending = chart.slice(0, trendingSongs);
  const idOf = (user: number): string => textOf(users.bytesOf(user)) ?? "";
  const artistOf = (artist: number): string => textOf(artists.bytesOf(artist)) ?? "";
  const nameOf = (song: number): string =>
    `${artistOf(recount.songArtist[song] ?? 0)} - ${textOf(songs.bytesOf(song)) ?? ""}`;
  const isPick = (user: number, song: number): boolean =>
    !heard.songs.has(user, song) && recount.songArtist[song] !== favourites.get(user);
  return {
    input: { plays: recount.plays, duplicates: 0, rejected: recount.rejected },
    mapreduce_results: {
      count_keys: songs.count,
      top_songs: firstOf(
        chart.slice(0, lengths.songs).map((song) => [nameOf(song), recount.songPlays[song] ?? 0]),
      ),
    },
    userbehavior_results: {
      num_users: users.count,
      users: kept.map((user) => ({
        user_id: idOf(user),
        total_time: (recount.listenedMs[user] ?? 0) / 1000,
        top_artist: artistOf(favourites.get(user) ?? 0),
      })),
      top_users: listeners.slice(0, lengths.topUsers).map(idOf),
    },
    recommendation_results: {
      num_trending: trending.length,
      trending_songs: trending.map(nameOf),
      recommendations: firstOf(
        kept.map((user) => [idOf(user), trending.filter((song) => isPick(user, song)).map(nameOf)]),
      ),
    },
  };
}

/** Songs by plays, then by which was played first, then by their ids' bytes. */
function bestSongs({ songs, songPlays, firstPlayedAt }: CsvRecount, count: number): number[] {
  const at = (values: ArrayLike<number>, song: number): number => values[song] ?? 0;
  return largest(songPlays.subarray(0, songs.count), count).sort(
    (a, b) =>
      at(songPlays, b) - at(songPlays, a) ||
      at(firstPlayedAt, a) - at(firstPlayedAt, b) ||
      songs.compare(a, b),
  );
}

/** Listeners by listened time, then by who was heard first, then by their ids' bytes. */
function mostActive({ users, listenedMs, firstHeardAt }: CsvRecount, count: number): number[] {
  const at = (values: ArrayLike<number>, user: number): number => values[user] ?? 0;
  return largest(listenedMs.subarray(0, users.count), count)
    .sort(
      (a, b) =>
        at(listenedMs, b) - at(listenedMs, a) ||
        at(firstHeardAt, a) - at(firstHeardAt, b) ||
        users.compare(a, b),
    )
    .slice(0, count);
}

/** Where the `count` largest values are, and all that equal the least of them. */
function largest(values: Uint32Array | Float64Array, count: number): number[] {
  const least = values.slice().sort().at(-count) ?? 0;
  const places: number[] = [];
  for (let place = 0; place < values.length; place++) if ((values[place] ?? 0) >= least) places.push(place);
  return places;
}

/** Of each listener the artist with most plays, then the one heard first, then the first by bytes. */
function favouriteArtists(
  heard: Heard,
  artists: ByteTable,
  users: readonly number[],
): ReadonlyMap<number, number> {
  const best = new Map(users.map((user) => [user, { artist: -1, plays: 0, first: 0 }]));
  heard.artists.forEach((user, artist, plays, first) => {
    const so = best.get(user);
    if (so === undefined) return;
    const order = plays - so.plays || so.first - first || artists.compare(so.artist, artist);
    if (so.artist < 0 || order > 0) best.set(user, { artist, plays, first });
  });
  return new Map([...best].map(([user, { artist }]) => [user, artist]));
}

/** An object of entries; of equal names the first stays. */
function firstOf<Value>(entries: readonly (readonly [string, Value])[]): Record<string, Value> {
  const named = new Map<string, Value>();
  for (const [name, value] of entries) if (!named.has(name)) named.set(name, value);
  return Object.fromEntries(named);
}
