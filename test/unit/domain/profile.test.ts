import fc from "fast-check";
import { expect, test } from "vitest";
import type { ArtistName, EpochMs, UserId } from "#src/domain/play.ts";
import { addProfiles, favouriteArtists } from "#src/domain/profile.ts";
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
