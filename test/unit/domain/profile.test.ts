import fc from "fast-check";
import { expect, test } from "vitest";
import type { ArtistName, EpochMs, TrackId, UserId } from "#src/domain/play.ts";
import {
  addProfiles,
  favouriteArtists,
  isCut,
  maxArtistsWeight,
  maxHeardWeight,
  type Profile,
  recentPlays,
} from "#src/domain/profile.ts";
import { someProfile } from "#test/support/arbitraries.ts";

const someOfOneListener = someProfile("U1" as UserId);

test("adding profiles is associative", () => {
  fc.assert(
    fc.property(someOfOneListener, someOfOneListener, someOfOneListener, (a, b, c) => {
      expect(addProfiles(addProfiles(a, b), c)).toEqual(addProfiles(a, addProfiles(b, c)));
    }),
  );
});

test("adding profiles is commutative", () => {
  fc.assert(
    fc.property(someOfOneListener, someOfOneListener, (a, b) => {
      expect(addProfiles(a, b)).toEqual(addProfiles(b, a));
    }),
  );
});

test("favourite artists rank by plays, then by who was heard first, then by the bytes of the name", () => {
  const profile = fc.sample(someOfOneListener, 1)[0];
  if (profile === undefined) throw new Error("no sample");
  const artists = new Map(
    Object.entries({ zz: [3, 5], b: [2, 9], a: [2, 9], early: [2, 1] }).map(([name, [plays = 0, at = 0]]) => [
      name as ArtistName,
      { plays, firstHeardAt: at as EpochMs },
    ]),
  );

  const names = favouriteArtists({ ...profile, artists }).map((artist) => artist.name);

  expect(names).toEqual(["zz", "early", "a", "b"]);
});

/** A name of 976 characters weighs 1,000. */
const nameOf = (i: number) => String(i).padStart(976, "0");
const mostArtists = maxArtistsWeight / 1000;
const mostTracks = maxHeardWeight / 1000;

/** One play of each of the artists and tracks from `from` up to `to`. */
function aListener(artists: { from?: number; to: number }, tracks: { from?: number; to: number }): Profile {
  const range = ({ from = 0, to }: { from?: number; to: number }) =>
    Array.from({ length: to - from }, (_, i) => nameOf(from + i));
  return {
    ...{ userId: "U1" as UserId, plays: artists.to - (artists.from ?? 0), unqualified: 0, listenedMs: 0 },
    ...{ completes: 0, skips: 0, firstHeardAt: 0 as EpochMs, recent: [] },
    artists: new Map(
      range(artists).map((name) => [name as ArtistName, { plays: 1, firstHeardAt: 0 as EpochMs }]),
    ),
    artistsEnd: undefined,
    heard: new Set(range(tracks) as TrackId[]),
    heardEnd: undefined,
  };
}

const nobody = aListener({ to: 0 }, { to: 0 });

test("a profile keeps all artists and tracks up to its bounds", () => {
  for (const fewer of [1, 0]) {
    const whole = aListener({ to: mostArtists - fewer }, { to: mostTracks - fewer });

    expect(addProfiles(whole, nobody)).toEqual(whole);
    expect(isCut(addProfiles(nobody, whole))).toBe(false);
  }
});

test("one artist or one track more is cut, and the totals stay exact", () => {
  const moreArtists = addProfiles(
    aListener({ to: mostArtists }, { to: 1 }),
    aListener({ from: mostArtists, to: mostArtists + 1 }, { to: 1 }),
  );
  const moreTracks = addProfiles(
    aListener({ to: 1 }, { to: mostTracks }),
    aListener({ to: 0 }, { from: mostTracks, to: mostTracks + 1 }),
  );

  expect(moreArtists.artists.size).toBe(mostArtists);
  expect(isCut(moreArtists)).toBe(true);
  expect(moreArtists).toMatchObject({ plays: mostArtists + 1, heardEnd: undefined });
  expect(moreTracks.heard.size).toBe(mostTracks);
  expect(isCut(moreTracks)).toBe(true);
  expect(moreTracks.artistsEnd).toBeUndefined();
});

test("a profile that is cut does not depend on the order in which its parts came", () => {
  const parts = [0, 1, 2].map((i) => {
    const from = (i * mostArtists) / 2;
    return aListener({ from, to: from + mostArtists }, { from: 4 * from, to: 4 * from + mostTracks });
  });
  const [a = nobody, b = nobody, c = nobody] = parts;

  const one = addProfiles(addProfiles(a, b), c);

  expect(isCut(one)).toBe(true);
  for (const other of [addProfiles(a, addProfiles(b, c)), addProfiles(addProfiles(c, a), b)]) {
    expect(other).toEqual(one);
  }
  expect(addProfiles(nobody, one)).toEqual(one);
  for (const { plays } of one.artists.values()) expect([1, 2]).toContain(plays);
});

test.each([
  [recentPlays - 1, recentPlays - 1],
  [recentPlays, recentPlays],
  [recentPlays + 1, recentPlays],
])("of %d plays the newest %d are kept", (plays, kept) => {
  const parts = Array.from({ length: plays }, (_, i): Profile => {
    const play = { trackId: "t" as TrackId, artist: "a" as ArtistName, title: "", listenedMs: 1, flags: 1 };
    return { ...nobody, recent: [{ ...play, startedAt: i as EpochMs }] };
  });

  const { recent } = parts.reduce(addProfiles);

  expect(recent.map(({ startedAt }) => startedAt)).toEqual(
    Array.from({ length: kept }, (_, i) => plays - 1 - i),
  );
});
