import { CorruptStoreError } from "../domain/errors.ts";
import type { ArtistName, EpochMs, TrackId, UserId } from "../domain/play.ts";
import type { ArtistPlays, Profile, RecentPlay } from "../domain/profile.ts";

const version = 1;

/**
 * A profile is JSON, column by column: as fast to write and read as varints in JavaScript were (8 and 6 us for 12 plays),
 * and a sixth smaller once deflated. Times are differences.
 */
type Columns = readonly [
  version: number,
  totals: readonly [
    userId: string,
    plays: number,
    unqualified: number,
    listenedMs: number,
    completes: number,
    skips: number,
    firstHeardAt: number,
  ],
  artists: readonly [names: readonly string[], plays: readonly number[], firstHeardAt: readonly number[]],
  heard: readonly string[],
  recent: readonly [
    trackIds: readonly string[],
    artists: readonly string[],
    titles: readonly string[],
    startedAt: readonly number[],
    listenedMs: readonly number[],
    flags: readonly number[],
  ],
  /** Only where something is left out. */
  ends?: readonly [artistsEnd: string | null, heardEnd: string | null],
];

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** A profile as UTF-8 bytes. */
export function encodeProfile(profile: Profile): Uint8Array {
  const { artists, firstHeardAt, recent } = profile;
  const artistPlays = [...artists.values()];
  const columns: Columns = [
    version,
    [
      profile.userId,
      profile.plays,
      profile.unqualified,
      profile.listenedMs,
      profile.completes,
      profile.skips,
      firstHeardAt,
    ],
    [
      [...artists.keys()],
      artistPlays.map((artist) => artist.plays),
      artistPlays.map((artist) => artist.firstHeardAt - firstHeardAt),
    ],
    [...profile.heard],
    [
      recent.map((play) => play.trackId),
      recent.map((play) => play.artist),
      recent.map((play) => play.title),
      recent.map((play) => play.startedAt - firstHeardAt),
      recent.map((play) => play.listenedMs),
      recent.map((play) => play.flags),
    ],
    ...endsOf(profile),
  ];
  return utf8.encode(JSON.stringify(columns));
}

function endsOf({ artistsEnd, heardEnd }: Profile): [] | [NonNullable<Columns[5]>] {
  return artistsEnd === undefined && heardEnd === undefined ? [] : [[artistsEnd ?? null, heardEnd ?? null]];
}

/**
 * Reads `encodeProfile`'s bytes.
 *
 * @throws CorruptStoreError where they are not
 */
export function decodeProfile(body: Uint8Array): Profile {
  try {
    return toProfile(JSON.parse(strictUtf8.decode(body)) as Columns);
  } catch (cause) {
    throw new CorruptStoreError(`a profile of ${body.length} bytes cannot be decoded`, { cause });
  }
}

function toProfile([found, totals, artists, heard, recent, ends]: Columns): Profile {
  if (found !== version) throw new CorruptStoreError(`profile version ${found} is not ${version}`);
  const [userId, plays, unqualified, listenedMs, completes, skips, firstHeardAt] = totals;
  return {
    userId: userId as UserId,
    plays,
    unqualified,
    listenedMs,
    completes,
    skips,
    firstHeardAt: firstHeardAt as EpochMs,
    artists: toArtists(artists, firstHeardAt),
    artistsEnd: (ends?.[0] ?? undefined) as ArtistName | undefined,
    heard: new Set(heard as readonly TrackId[]),
    heardEnd: (ends?.[1] ?? undefined) as TrackId | undefined,
    recent: toRecent(recent, firstHeardAt),
  };
}

function toArtists([names, plays, firsts]: Columns[2], from: number): Map<ArtistName, ArtistPlays> {
  const artists = new Map<ArtistName, ArtistPlays>();
  for (const [i, name] of names.entries()) {
    const firstHeardAt = (from + (firsts[i] ?? 0)) as EpochMs;
    artists.set(name as ArtistName, { plays: plays[i] ?? 0, firstHeardAt });
  }
  return artists;
}

function toRecent(
  [trackIds, artists, titles, starts, listenedMs, flags]: Columns[4],
  from: number,
): RecentPlay[] {
  return trackIds.map((trackId, i) => ({
    trackId: trackId as TrackId,
    artist: (artists[i] ?? "") as ArtistName,
    title: titles[i] ?? "",
    startedAt: (from + (starts[i] ?? 0)) as EpochMs,
    listenedMs: listenedMs[i] ?? 0,
    flags: flags[i] ?? 0,
  }));
}
