import type { ArtistName, UserId } from "./play.ts";
import {
  type ArtistPlays,
  compareRecent,
  noProfile,
  type Profile,
  type RecentPlay,
  recentPlays,
} from "./profile.ts";
import { factFlags } from "./segment.ts";
import { earliest } from "./totals.ts";

/**
 * The plays that a profile is the sum of, where it still names all of them: then they say everything, in a third of the room.
 * Undefined where it does not, because they were more than are kept.
 */
export function playsOf({
  plays,
  unqualified,
  recent,
  artistsEnd,
  heardEnd,
}: Profile): readonly RecentPlay[] | undefined {
  const isWhole = recent.length === plays + unqualified && artistsEnd === undefined && heardEnd === undefined;
  return isWhole ? recent : undefined;
}

/** The profile that some plays make; the opposite of `playsOf`. At most so many that nothing is cut but `recent`. */
export function profileOf(userId: UserId, plays: readonly RecentPlay[]): Profile {
  const artists = new Map<ArtistName, ArtistPlays>();
  const sum = { ...noProfile(userId), artists, heard: new Set(plays.map(({ trackId }) => trackId)) };
  for (const { artist, startedAt, listenedMs, flags } of plays) {
    sum.listenedMs += listenedMs;
    if ((flags & factFlags.completed) !== 0) sum.completes += 1;
    if ((flags & factFlags.skipped) !== 0) sum.skips += 1;
    sum.firstHeardAt = earliest(sum.firstHeardAt, startedAt) ?? startedAt;
    if ((flags & factFlags.qualified) === 0) {
      sum.unqualified += 1;
      continue;
    }
    sum.plays += 1;
    const before = artists.get(artist);
    artists.set(artist, {
      plays: (before?.plays ?? 0) + 1,
      firstHeardAt: earliest(before?.firstHeardAt, startedAt) ?? startedAt,
    });
  }
  return { ...sum, recent: plays.toSorted(compareRecent).slice(0, recentPlays) };
}
