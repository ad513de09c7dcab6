import fc from "fast-check";
import { expect, test } from "vitest";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import {
  compareRecent,
  enterFeed,
  feedSize,
  newestOf,
  noFeed,
  type RecentFeed,
} from "#src/domain/recent-feed.ts";
import type { SamplePlay } from "#src/domain/segment.ts";
import { somePlays } from "#test/support/arbitraries.ts";
import { aPlay, someTime } from "#test/support/builders.ts";

const sampleOf = (starts: readonly number[]): readonly SamplePlay[] =>
  starts.map((start) => ({
    play: aPlay({ startedAt: someTime + start }),
    arrivedAt: (someTime + start + 1) as EpochMs,
  }));

const startsOf = ({ plays }: RecentFeed): readonly number[] =>
  plays.map(({ play }) => play.startedAt - someTime);
const entered = (feed: RecentFeed, epoch: number, starts: readonly number[]): RecentFeed =>
  enterFeed(feed, epoch as EpochNumber, newestOf([], sampleOf(starts)));
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

test.each([
  [19, 19],
  [20, 20],
  [21, 20],
])("of %d plays of an epoch the newest %d come into the feed", (plays, kept) => {
  expect(startsOf(entered(noFeed, 1, upTo(plays)))).toEqual([...upTo(plays)].reverse().slice(0, kept));
});

test("the feed keeps the newest hundred, each with a key of its own", () => {
  let feed = noFeed;
  for (let epoch = 1; epoch <= 6; epoch++)
    feed = entered(
      feed,
      epoch,
      upTo(20).map((i) => epoch * 20 + i),
    );

  expect(startsOf(feed)).toEqual(upTo(feedSize).map((i) => 139 - i));
  expect(new Set(feed.plays.map(({ key }) => key)).size).toBe(feedSize);
  expect(feed.plays[0]).toMatchObject({ key: "6-0", epoch: 6, arrivedAt: someTime + 140 });
});

test("an epoch whose plays are all older than what is kept leaves the feed as it is", () => {
  let feed = noFeed;
  for (let epoch = 1; epoch <= 5; epoch++)
    feed = entered(
      feed,
      epoch,
      upTo(20).map((i) => epoch * 20 + i),
    );

  expect(entered(feed, 6, [1])).toBe(feed);
  expect(entered(feed, 6, [])).toBe(feed);
});

test("the newest of a sample are the same, however it is cut and in any order", () => {
  fc.assert(
    fc.property(somePlays(), somePlays(), fc.nat(), (a, b, cut) => {
      const sample = [...a, ...b.map((play) => ({ ...play, eventId: `b${play.eventId}` }))].map(
        (play, i) => ({
          play: play as SamplePlay["play"],
          arrivedAt: (play.startedAt + (i % 3)) as EpochMs,
        }),
      );
      const at = cut % (sample.length + 1);

      const newest = newestOf([], sample);

      expect(newestOf(newestOf([], sample.slice(at)), sample.slice(0, at))).toEqual(newest);
      const { plays } = enterFeed(noFeed, 1 as EpochNumber, newest);
      expect([...plays].sort(compareRecent)).toEqual(plays);
    }),
  );
});
