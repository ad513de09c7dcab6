import fc from "fast-check";
import {
  type ArtistName,
  type EpochMs,
  type EventId,
  type Play,
  type TrackId,
  tenths,
  type UserId,
} from "#src/domain/play.ts";
import type { Profile } from "#src/domain/profile.ts";
import { compareRecent, type RecentPlay, recentPlays } from "#src/domain/profile.ts";
import type { Totals } from "#src/domain/totals.ts";
import type { WindowId } from "#src/domain/windows.ts";

/** A Friday, 14:00 UTC. */
export const aMoment = Date.parse("2026-11-20T14:00:00Z") as EpochMs;

const few = (prefix: string, count: number) => fc.integer({ min: 1, max: count }).map((n) => `${prefix}${n}`);

export const someTrackId = few("S", 6) as fc.Arbitrary<TrackId>;
export const someUserId = few("U", 6) as fc.Arbitrary<UserId>;
export const someArtist = fc.constantFrom(
  "Coldplay",
  "Cold",
  "東京事変",
  "\u{1f3b8}",
  "ﬀ",
) as fc.Arbitrary<ArtistName>;

/** Within three days around `aMoment`, often at the same times. */
export const someStart = fc.oneof(
  fc.constantFrom(aMoment, (aMoment - 60_000) as EpochMs, (aMoment - 3_600_000) as EpochMs),
  fc.integer({ min: aMoment - 3 * 86_400_000, max: aMoment }) as fc.Arbitrary<EpochMs>,
);

/** Plays of few listeners and songs, so that they meet; event ids are distinct. */
export const somePlays = (maxLength = 60, minLength = 0): fc.Arbitrary<readonly Play[]> =>
  fc
    .array(
      fc.record(
        {
          userId: someUserId,
          track: fc.record(
            {
              id: someTrackId,
              artist: someArtist,
              title: fc.constantFrom("Yellow", "Clocks", ""),
              genre: fc.constantFrom("pop", "rock"),
              durationMs: fc.constantFrom(120_000, 200_000),
            },
            { requiredKeys: ["id", "artist"] },
          ),
          startedAt: someStart,
          msPlayed: fc.constantFrom(0, 29_999, 30_000, 100_000, 200_000),
          endReason: fc.constantFrom("done", "skip", "stop"),
          rating: fc.constantFrom(0, 3.5, 4.99, 5),
          platform: fc.constantFrom("ios", "web"),
          mood: fc.constantFrom("Chill", "Sad"),
          geo: fc.record({ country: fc.constantFrom("DE", "JP") }),
          dedupe: fc.constant("always" as const),
        },
        { requiredKeys: ["userId", "track", "startedAt"] },
      ),
      { minLength, maxLength },
    )
    .map((plays) => plays.map((play, i) => ({ ...play, eventId: `e${i}` as EventId }) as Play));

const count = fc.integer({ min: 0, max: 1_000_000 });

/** Eleven counts that are not all zero, or none. */
export const someTenths: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.constant([]),
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: tenths, maxLength: tenths })
    .filter((counts) => counts.some((count) => count > 0)),
);

export const someTotals: fc.Arbitrary<Totals> = fc.record({
  plays: count,
  unqualified: count,
  listenedMs: count,
  completes: count,
  skips: count,
  ratingSum: count,
  ratingCount: count,
  tenths: someTenths,
  firstPlayedAt: fc.option(someStart, { nil: undefined }),
  label: fc.option(
    fc.record({
      startedAt: someStart,
      artist: someArtist,
      title: fc.constantFrom("", "Yellow", "\u{1f600}", "\ufffd"),
    }),
    { nil: undefined },
  ),
  windows: fc
    .dictionary(
      fc.constantFrom("h.2026112014", "d.20261120", "w.2026W47"),
      fc.record({ plays: count, listenedMs: count }),
    )
    .map(
      (windows) => new Map(Object.entries(windows)) as Map<WindowId, { plays: number; listenedMs: number }>,
    ),
  decays: fc
    .dictionary(
      fc.constantFrom("x.20261120", "x.20261121", "y.20261103", "y.20261127"),
      fc.bigInt({ min: 0n, max: 2n ** 100n }),
    )
    .map((decays) => new Map(Object.entries(decays)) as Map<WindowId, bigint>),
  listeners: fc
    .dictionary(fc.constantFrom("r.2026112014", "r.2026112015"), fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }))
    .map((listeners) => new Map(Object.entries(listeners)) as Map<WindowId, bigint>),
});

export const someRecentPlay: fc.Arbitrary<RecentPlay> = fc.record({
  trackId: someTrackId,
  artist: someArtist,
  title: fc.constantFrom("", "Yellow", "\u{1f3b5} in D"),
  startedAt: someStart,
  listenedMs: count,
  flags: fc.integer({ min: 0, max: 7 }),
});

export const someProfile = (userId: UserId): fc.Arbitrary<Profile> =>
  fc.record({
    userId: fc.constant(userId),
    plays: count,
    unqualified: count,
    listenedMs: count,
    completes: count,
    skips: count,
    firstHeardAt: someStart,
    artists: fc
      .uniqueArray(fc.tuple(someArtist, fc.record({ plays: count, firstHeardAt: someStart })), {
        selector: ([name]) => name,
      })
      .map((artists) => new Map(artists)),
    artistsEnd: fc.constant(undefined),
    heard: fc.uniqueArray(someTrackId).map((tracks) => new Set(tracks)),
    heardEnd: fc.constant(undefined),
    recent: fc
      .array(someRecentPlay, { maxLength: 70 })
      .map((plays) => plays.sort(compareRecent).slice(0, recentPlays)),
  });
