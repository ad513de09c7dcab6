import { expect, test } from "vitest";
import { mergeRecent } from "#functions/mapreduce/recent-plays.ts";
import { aPlay, someTime } from "#test/support/builders.ts";

test.each([
  [99, 99],
  [100, 100],
  [101, 100],
])("of %d plays the newest %d are in the feed", (plays, kept) => {
  const all = Array.from({ length: plays }, (_, i) => aPlay({ startedAt: someTime + i }));

  const feed = mergeRecent(all.slice(0, 60), all.slice(60));

  expect(feed.map(({ startedAt }) => startedAt - someTime)).toEqual(
    Array.from({ length: kept }, (_, i) => plays - 1 - i),
  );
});
