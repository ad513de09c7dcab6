import type { ArtistName, EpochMs, TrackId, UserId } from "./play.ts";
import { earliest } from "./totals.ts";
import { compareUtf8 } from "./utf8-order.ts";

/** How many of a listener's newest plays are kept. */
export const recentPlays = 50;

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
  readonly artists: ReadonlyMap<ArtistName, ArtistPlays>;
  /** Every track that was heard, qualified or not. */
  readonly heard: ReadonlySet<TrackId>;
  /** Newest first, at most `recentPlays`. */
  readonly recent: readonly RecentPlay[];
}

/** @returns both profiles as one; `a` and `b` must be of the same listener */
export function addProfiles(a: Profile, b: Profile): Profile {
  const artists = new Map(a.artists);
  for (const [name, theirs] of b.artists) {
    const mine = artists.get(name);
    artists.set(name, mine === undefined ? theirs : addArtistPlays(mine, theirs));
  }
  const heard = new Set(a.heard);
  for (const track of b.heard) heard.add(track);
  return {
    userId: a.userId,
    plays: a.plays + b.plays,
    unqualified: a.unqualified + b.unqualified,
    listenedMs: a.listenedMs + b.listenedMs,
    completes: a.completes + b.completes,
    skips: a.skips + b.skips,
    firstHeardAt: Math.min(a.firstHeardAt, b.firstHeardAt) as EpochMs,
    artists,
    heard,
    recent: newestPlays(a.recent, b.recent),
  };
}

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

/** Plays desc, then first heard earlier, then name (I7); undefined where nothing qualified was played. */
export function favouriteArtist(profile: Profile): ArtistName | undefined {
  return favouriteArtists(profile)[0]?.name;
}

export interface FavouriteArtist extends ArtistPlays {
  readonly name: ArtistName;
}

/** All artists of a listener, the favourite first (I7). */
export function favouriteArtists(profile: Profile): readonly FavouriteArtist[] {
  return [...profile.artists]
    .map(([name, plays]) => ({ name, ...plays }))
    .sort((a, b) => b.plays - a.plays || a.firstHeardAt - b.firstHeardAt || compareUtf8(a.name, b.name));
}
