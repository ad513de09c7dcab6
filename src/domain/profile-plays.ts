import type { ArtistName, EpochMs, TrackId, UserId } from "./play.ts";
import {
  compareRecent,
  cutArtists,
  cutHeard,
  type ListenerFigures,
  type Profile,
  type RecentPlay,
  recentPlays,
} from "./profile.ts";
import { factFlags } from "./segment.ts";

/** What some plays add to a listener's profile: what they come to, and they themselves, which say everything else. */
export interface ProfileDelta extends ListenerFigures {
  /** All of the plays, in no particular order. */
  readonly played: readonly RecentPlay[];
}

/** What a listener's plays add to the profile. */
export function deltaOf(userId: UserId, played: readonly RecentPlay[]): ProfileDelta {
  const delta = { userId, plays: 0, unqualified: 0, listenedMs: 0, completes: 0, skips: 0 };
  let firstHeardAt = Number.MAX_SAFE_INTEGER as EpochMs;
  for (const { startedAt, listenedMs, flags } of played) {
    delta.listenedMs += listenedMs;
    if ((flags & factFlags.qualified) === 0) delta.unqualified += 1;
    else delta.plays += 1;
    if ((flags & factFlags.completed) !== 0) delta.completes += 1;
    if ((flags & factFlags.skipped) !== 0) delta.skips += 1;
    if (startedAt < firstHeardAt) firstHeardAt = startedAt;
  }
  return { ...delta, firstHeardAt, played };
}

/** The profile that a listener's plays make, without what a profile does not keep. */
export function profileOf(userId: UserId, played: readonly RecentPlay[]): Profile {
  const { played: _, ...figures } = deltaOf(userId, played);
  const artists = new Map<ArtistName, { plays: number; firstHeardAt: EpochMs }>();
  const heard = new Set<TrackId>();
  for (const { trackId, artist, startedAt, flags } of played) {
    heard.add(trackId);
    if ((flags & factFlags.qualified) === 0) continue;
    const known = artists.get(artist);
    if (known === undefined) {
      artists.set(artist, { plays: 1, firstHeardAt: startedAt });
      continue;
    }
    known.plays += 1;
    if (startedAt < known.firstHeardAt) known.firstHeardAt = startedAt;
  }
  const artistsEnd = cutArtists(artists, undefined);
  const heardEnd = cutHeard(heard, undefined);
  const recent = played.toSorted(compareRecent).slice(0, recentPlays);
  return { ...figures, artists, artistsEnd, heard, heardEnd, recent };
}
