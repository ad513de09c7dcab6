import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { Trending } from "#src/domain/recommend.ts";
import { decodeTrending, encodeTrending, trendingKey } from "#src/wire/trending-codec.ts";

const text = fc.string({ unit: "binary" });
const plain = { noNullPrototype: true };
const trendings: fc.Arbitrary<Trending> = fc.record(
  {
    songs: fc.array(
      fc.record(
        {
          id: text,
          artist: text,
          title: text,
          rank: fc.nat(),
          window: fc.constantFrom("hot" as const, "all" as const),
        },
        plain,
      ),
    ),
  },
  plain,
);

describe("trending codec", () => {
  test("every list survives the round trip exactly", () => {
    fc.assert(
      fc.property(trendings, (trending) => {
        expect(decodeTrending(encodeTrending(trending))).toStrictEqual(trending);
      }),
    );
  });

  test.each([
    "",
    "[]",
    '{"songs":1}',
    '{"songs":[["a","b","c",1,"week"]]}',
    '{"songs":[["a","b",3,1,"hot"]]}',
  ])("the body %j is a corrupt store that names the key", (body) => {
    const decode = () => decodeTrending(body);

    expect(decode).toThrow(CorruptStoreError);
    expect(decode).toThrow(trendingKey);
  });
});
