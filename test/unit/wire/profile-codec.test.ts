import fc from "fast-check";
import { expect, test } from "vitest";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { ArtistName, TrackId, UserId } from "#src/domain/play.ts";
import { decodeProfile, encodeProfile } from "#src/wire/profile-codec.ts";
import { someProfile } from "#test/support/arbitraries.ts";

test("a profile comes back as it was", () => {
  fc.assert(
    fc.property(someProfile("U\u{1f600}" as UserId), (profile) => {
      expect(decodeProfile(encodeProfile(profile))).toEqual(profile);
    }),
  );
});

test("a profile that is cut comes back as it was", () => {
  fc.assert(
    fc.property(
      someProfile("U1" as UserId),
      fc.option(fc.constant("Blur" as ArtistName), { nil: undefined }),
      fc.option(fc.constant("song 2" as TrackId), { nil: undefined }),
      (profile, artistsEnd, heardEnd) => {
        const cut = { ...profile, artistsEnd, heardEnd };

        expect(decodeProfile(encodeProfile(cut))).toEqual(cut);
      },
    ),
  );
});

test("half a profile is a corruption, not a crash", () => {
  fc.assert(
    fc.property(someProfile("U1" as UserId), fc.nat(), (profile, at) => {
      const encoded = encodeProfile(profile);

      expect(() => decodeProfile(encoded.slice(0, at % encoded.length))).toThrow(CorruptStoreError);
    }),
  );
});
