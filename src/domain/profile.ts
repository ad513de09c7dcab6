import { cutNames, earlierEnd } from "./bounded-names.ts";
import type { ArtistName, EpochMs, TrackId, UserId } from "./play.ts";
import { earliest } from "./totals.ts";
import { compareUtf8 } from "./utf8-order.ts";

/** How many of a listener's newest plays are kept. */
export const recentPlays = 50;

/** What the names of a listener's artists may weigh (`cutNames`): 25,000 artists of 16 characters. */
export const maxArtistsWeight = 1_000_000;
/** What the ids of the tracks that were heard may weigh: 80,000 tracks of 26 characters. */
export const maxHeardWeight = 4_000_000;

export interface ArtistPlays {
  /** Qualified plays. */
  readonly plays: number;
  readonly firstHeardAt: EpochMs;
}

export interface RecentPlay {
  readonly trackId: TrackId;
  readonly artist: ArtistName;
  readonly title: string;
  readonly startedAt: EpochMs;
  readonly listenedMs: number;
  /** Bits of `factFlags`. */
  readonly flags: number;
}

/** What one listener plays, and equally what some plays add to it. Exact; adding is associative and commutative. */
export interface Profile {
  readonly userId: UserId;
  /** Qualified plays. */
  readonly plays: number;
  readonly unqualified: number;
  readonly listenedMs: number;
  readonly completes: number;
  readonly skips: number;
  /** The start of the earliest play, qualified or not. */
  readonly firstHeardAt: EpochMs;
  /** By artist; those before `artistsEnd` in the order of `cutNames`. What is kept of an artist is exact. */
  readonly artists: ReadonlyMap<ArtistName, ArtistPlays>;
  /** The first artist that is left out; undefined where all are kept. */
  readonly artistsEnd: ArtistName | undefined;
  /** The tracks that were heard, qualified or not; those before `heardEnd`. */
  readonly heard: ReadonlySet<TrackId>;
  /** The first track that is left out; undefined where all are kept. */
  readonly heardEnd: TrackId | undefined;
  /** Newest first, at most `recentPlays`. */
  readonly recent: readonly RecentPlay[];
}

/** The figures of a profile: all of it that is no list. */
export type ListenerFigures = Pick<
  Profile,
  "userId" | "plays" | "unqualified" | "listenedMs" | "completes" | "skips" | "firstHeardAt"
>;

export function figuresOf(profile: ListenerFigures): ListenerFigures {
  const { userId, plays, unqualified, listenedMs, completes, skips, firstHeardAt } = profile;
  return { userId, plays, unqualified, listenedMs, completes, skips, firstHeardAt };
}

/** @returns both as one; `a` and `b` must be of the same listener */
export const addFigures = (a: ListenerFigures, b: ListenerFigures): ListenerFigures => ({
  userId: a.userId,
  plays: a.plays + b.plays,
  unqualified: a.unqualified + b.unqualified,
  listenedMs: a.listenedMs + b.listenedMs,
  completes: a.completes + b.completes,
  skips: a.skips + b.skips,
  firstHeardAt: Math.min(a.firstHeardAt, b.firstHeardAt) as EpochMs,
});

/** The profile of a listener who has played nothing, as far as is known. Adding to it gives what is added. */
export const noProfile = (userId: UserId): Profile => ({
  userId,
  plays: 0,
  unqualified: 0,
  listenedMs: 0,
  completes: 0,
  skips: 0,
  firstHeardAt: Number.MAX_SAFE_INTEGER as EpochMs,
  artists: new Map(),
  artistsEnd: undefined,
  heard: new Set(),
  heardEnd: undefined,
  recent: [],
});

/** Whether nothing is left in a profile. */
export const isForgotten = ({ plays, unqualified }: ListenerFigures): boolean => plays + unqualified === 0;

/** @returns both profiles as one; `a` and `b` must be of the same listener */
export function addProfiles(a: Profile, b: Profile): Profile {
  const artists = new Map(a.artists);
  for (const [name, theirs] of b.artists) {
    const mine = artists.get(name);
    artists.set(name, mine === undefined ? theirs : addArtistPlays(mine, theirs));
  }
  const heard = new Set(a.heard);
  for (const track of b.heard) heard.add(track);
  const artistsEnd = cutArtists(artists, earlierEnd(a.artistsEnd, b.artistsEnd));
  const heardEnd = cutHeard(heard, earlierEnd(a.heardEnd, b.heardEnd));
  return {
    ...addFigures(a, b),
    artists,
    artistsEnd,
    heard,
    heardEnd,
    recent: newestPlays(a.recent, b.recent),
  };
}

/** Deletes what a profile does not keep, and returns the new `artistsEnd`. */
export const cutArtists = (
  artists: Map<ArtistName, unknown>,
  end: ArtistName | undefined,
): ArtistName | undefined => cutNames(artists, end, maxArtistsWeight);

/** Deletes what a profile does not keep, and returns the new `heardEnd`. */
export const cutHeard = (heard: Set<TrackId>, end: TrackId | undefined): TrackId | undefined =>
  cutNames(heard, end, maxHeardWeight);

/** Whether the listener has more artists or tracks than a profile keeps. */
export const isCut = ({ artistsEnd, heardEnd }: Pick<Profile, "artistsEnd" | "heardEnd">): boolean =>
  artistsEnd !== undefined || heardEnd !== undefined;

function addArtistPlays(a: ArtistPlays, b: ArtistPlays): ArtistPlays {
  return {
    plays: a.plays + b.plays,
    firstHeardAt: earliest(a.firstHeardAt, b.firstHeardAt) ?? a.firstHeardAt,
  };
}

function newestPlays(a: readonly RecentPlay[], b: readonly RecentPlay[]): readonly RecentPlay[] {
  return [...a, ...b].sort(compareRecent).slice(0, recentPlays);
}

/** Newest first; the rest only makes the order total, so that equal plays give equal lists. */
export function compareRecent(a: RecentPlay, b: RecentPlay): number {
  return (
    b.startedAt - a.startedAt ||
    compareUtf8(a.trackId, b.trackId) ||
    b.listenedMs - a.listenedMs ||
    a.flags - b.flags ||
    compareUtf8(a.artist, b.artist) ||
    compareUtf8(a.title, b.title)
  );
}

/** Plays desc, then first heard earlier, then name (I7), of the artists that are kept; undefined where there are none. */
export function favouriteArtist(profile: Profile): ArtistName | undefined {
  return favouriteArtists(profile)[0]?.name;
}

export interface FavouriteArtist extends ArtistPlays {
  readonly name: ArtistName;
}

/** All kept artists of a listener, the favourite first (I7). */
export function favouriteArtists(profile: Profile): readonly FavouriteArtist[] {
  return [...profile.artists]
    .map(([name, plays]) => ({ name, ...plays }))
    .sort((a, b) => b.plays - a.plays || a.firstHeardAt - b.firstHeardAt || compareUtf8(a.name, b.name));
}
