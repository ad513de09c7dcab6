import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { decodeRecent, encodeRecent } from "#src/wire/recent-codec.ts";
import { somePlays } from "#test/support/arbitraries.ts";
import { aFeed } from "#test/support/published.ts";

describe("recent codec", () => {
  test("a feed survives the round trip in its order", () => {
    fc.assert(
      fc.property(somePlays(), fc.nat(), fc.nat(), (plays, epoch, rewrittenIn) => {
        const feed = { ...aFeed(plays, epoch), rewrittenIn: rewrittenIn as EpochNumber };

        expect(decodeRecent(encodeRecent(feed))).toEqual(feed);
      }),
    );
  });

  test("plays of a feed from before they had keys are there, each with a key of its own", () => {
    fc.assert(
      fc.property(somePlays(), (plays) => {
        const feed = decodeRecent(`{"plays":[${plays.map(encodePlay).join(",")}]}`);

        expect(feed.plays.map(({ play }) => play)).toEqual(plays);
        expect(new Set(feed.plays.map(({ key }) => key)).size).toBe(plays.length);
        expect(feed.plays.every(({ epoch }) => epoch === 0)).toBe(true);
      }),
    );
  });

  test.each([
    "",
    "{}",
    '{"plays":[{}]}',
    '{"plays":[null]}',
    '{"plays":"x"}',
    '{"entries":[]}',
    '{"rewritten_in":0,"entries":[null]}',
    '{"rewritten_in":0,"entries":[{"key":"1-0","epoch":1,"arrived_at":1,"play":{}}]}',
  ])("the body %j is a corrupt store that names the key", (body) => {
    const decode = () => decodeRecent(body);

    expect(decode).toThrow(CorruptStoreError);
    expect(decode).toThrow("publication RECENT does not decode");
  });
});
