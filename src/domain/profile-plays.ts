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
import { factFlags, type SegmentTrack } from "./segment.ts";

/** What a profile says of a track. */
export type PlayedTrack = Pick<SegmentTrack, "id" | "artist" | "title">;

/** The plays of some listeners, one column a field. */
export interface PlayColumns {
  readonly tracks: readonly PlayedTrack[];
  /** Index into `tracks`. */
  readonly track: Uint32Array;
  /** Epoch ms. */
  readonly startedAt: Float64Array;
  readonly listenedMs: Uint32Array;
  /** Bits of `factFlags`. */
  readonly flags: Uint8Array;
}

/** Some plays of one listener: those from `from` up to `to`. Plays of a fold share their columns. */
export interface PlayedRows {
  readonly columns: PlayColumns;
  readonly from: number;
  readonly to: number;
}

export const countRows = ({ from, to }: PlayedRows): number => to - from;

/** What some plays add to a listener's profile: what they come to, and they themselves, which say everything else. */
export interface ProfileDelta extends ListenerFigures {
  /** All of the plays, in no particular order. */
  readonly played: PlayedRows;
}

/** What a listener's plays add to the profile. */
export function deltaOf(userId: UserId, played: PlayedRows): ProfileDelta {
  const { columns, from, to } = played;
  const delta = { userId, plays: 0, unqualified: 0, listenedMs: 0, completes: 0, skips: 0 };
  let firstHeardAt = Number.MAX_SAFE_INTEGER;
  for (let row = from; row < to; row++) {
    const flags = columns.flags[row] ?? 0;
    delta.listenedMs += columns.listenedMs[row] ?? 0;
    if ((flags & factFlags.qualified) === 0) delta.unqualified += 1;
    else delta.plays += 1;
    if ((flags & factFlags.completed) !== 0) delta.completes += 1;
    if ((flags & factFlags.skipped) !== 0) delta.skips += 1;
    firstHeardAt = Math.min(firstHeardAt, columns.startedAt[row] ?? 0);
  }
  return { ...delta, firstHeardAt: firstHeardAt as EpochMs, played };
}

/** The profile that a listener's plays make, without what a profile does not keep. */
export function profileOf(userId: UserId, plays: readonly RecentPlay[]): Profile {
  const { played: _, ...figures } = deltaOf(userId, rowsOf(plays));
  const artists = new Map<ArtistName, { plays: number; firstHeardAt: EpochMs }>();
  const heard = new Set<TrackId>();
  for (const { trackId, artist, startedAt, flags } of plays) {
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
  const recent = plays.toSorted(compareRecent).slice(0, recentPlays);
  return { ...figures, artists, artistsEnd, heard, heardEnd, recent };
}

/** Plays as rows of their own. */
export const rowsOf = (plays: readonly RecentPlay[]): PlayedRows => ({
  columns: {
    tracks: plays.map(({ trackId, artist, title }) => ({ id: trackId, artist, title })),
    track: Uint32Array.from(plays.keys()),
    startedAt: Float64Array.from(plays, ({ startedAt }) => startedAt),
    listenedMs: Uint32Array.from(plays, ({ listenedMs }) => listenedMs),
    flags: Uint8Array.from(plays, ({ flags }) => flags),
  },
  from: 0,
  to: plays.length,
});

/** The plays of some rows, in their order. */
export function playsIn({ columns, from, to }: PlayedRows): readonly RecentPlay[] {
  const plays: RecentPlay[] = [];
  for (let row = from; row < to; row++) {
    const { id: trackId, artist, title } = trackAt(columns, row);
    plays.push({
      trackId,
      artist,
      title,
      startedAt: (columns.startedAt[row] ?? 0) as EpochMs,
      listenedMs: columns.listenedMs[row] ?? 0,
      flags: columns.flags[row] ?? 0,
    });
  }
  return plays;
}

function trackAt({ tracks, track }: PlayColumns, row: number): PlayedTrack {
  const found = tracks[track[row] ?? 0];
  if (found === undefined) throw new RangeError(`play ${row} has no track`);
  return found;
}
