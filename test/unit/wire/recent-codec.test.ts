import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CorruptStoreError } from "#src/domain/errors.ts";
import { decodeRecent, encodeRecent } from "#src/wire/recent-codec.ts";
import { somePlays } from "#test/support/arbitraries.ts";

describe("recent codec", () => {
  test("plays survive the round trip in their order", () => {
    fc.assert(
      fc.property(somePlays(), (plays) => {
        expect(decodeRecent(encodeRecent(plays))).toEqual(plays);
      }),
    );
  });

  test.each(["", "{}", '{"plays":[{}]}', '{"plays":[null]}', '{"plays":"x"}'])(
    "the body %j is a corrupt store that names the key",
    (body) => {
      const decode = () => decodeRecent(body);

      expect(decode).toThrow(CorruptStoreError);
      expect(decode).toThrow("publication RECENT does not decode");
    },
  );
});
