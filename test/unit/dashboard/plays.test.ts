import { describe, expect, test } from "vitest";
import { aRecentPlay } from "#test/support/recent-play.ts";
import { newestFirst, nextSort, sortPlays } from "../../../dashboard/lib/play-columns.ts";
import { isFiltering, matches, noFilter, valuesOf } from "../../../dashboard/lib/play-filter.ts";
import { mergePlays, mostPlays } from "../../../dashboard/lib/play-log.ts";

const keysOf = (plays: readonly { readonly key: string }[]): string[] => plays.map(({ key }) => key);

describe("filters", () => {
  test("nothing is asked for: every play matches", () => {
    expect(matches(aRecentPlay(), noFilter)).toBe(true);
    expect(isFiltering(noFilter)).toBe(false);
  });

  test("labels match as a whole, the artist in part and in any case", () => {
    const play = aRecentPlay({
      track: { artist: "The Beatles", genre: "Rock" },
      platform: "Spotify",
      country: "GB",
    });

    expect(matches(play, { ...noFilter, genre: "Rock", platform: "Spotify", country: "GB" })).toBe(true);
    expect(matches(play, { ...noFilter, genre: "Roc" })).toBe(false);
    expect(matches(play, { ...noFilter, mood: "calm" })).toBe(false);
    expect(matches(play, { ...noFilter, artist: " beat" })).toBe(true);
    expect(matches(play, { ...noFilter, artist: "stones" })).toBe(false);
  });

  test("a play without a rating has none of at least 1", () => {
    expect(matches(aRecentPlay(), { ...noFilter, ratingAtLeast: 1 })).toBe(false);
    expect(matches(aRecentPlay({ rating: 3 }), { ...noFilter, ratingAtLeast: 3 })).toBe(true);
    expect(matches(aRecentPlay({ rating: 2.5 }), { ...noFilter, ratingAtLeast: 3 })).toBe(false);
  });

  test("skipped and completed are asked for by yes and no", () => {
    const skipped = aRecentPlay({ skipped: true });

    expect(matches(skipped, { ...noFilter, skipped: "yes" })).toBe(true);
    expect(matches(skipped, { ...noFilter, skipped: "no" })).toBe(false);
    expect(matches(skipped, { ...noFilter, completed: "no" })).toBe(true);
    expect(matches(skipped, { ...noFilter, completed: "yes" })).toBe(false);
  });

  test("the values to choose are those of the plays and the chosen one", () => {
    const plays = [
      aRecentPlay({ mood: "sad" }),
      aRecentPlay({ mood: "calm" }),
      aRecentPlay(),
      aRecentPlay({ mood: "sad" }),
    ];

    expect(valuesOf(plays, "mood", "")).toEqual(["calm", "sad"]);
    expect(valuesOf(plays, "mood", "happy")).toEqual(["calm", "happy", "sad"]);
  });
});

describe("sorting", () => {
  test("by a figure in both directions; who does not say comes last", () => {
    const [low, high, none] = [aRecentPlay({ rating: 1 }), aRecentPlay({ rating: 5 }), aRecentPlay()];

    expect(keysOf(sortPlays([none, low, high], { by: "rating", direction: "desc" }))).toEqual(
      keysOf([high, low, none]),
    );
    expect(keysOf(sortPlays([none, high, low], { by: "rating", direction: "asc" }))).toEqual(
      keysOf([low, high, none]),
    );
  });

  test("what is alike stands newest first", () => {
    const old = aRecentPlay({ started_at: 1, skipped: true });
    const young = aRecentPlay({ started_at: 2, skipped: true });

    expect(keysOf(sortPlays([old, young], { by: "skipped", direction: "asc" }))).toEqual(
      keysOf([young, old]),
    );
  });

  test("a click turns the direction, and starts a text from A and a figure from the top", () => {
    expect(nextSort(newestFirst, "when")).toEqual({ by: "when", direction: "asc" });
    expect(nextSort(newestFirst, "artist")).toEqual({ by: "artist", direction: "asc" });
    expect(nextSort(newestFirst, "rating")).toEqual({ by: "rating", direction: "desc" });
  });
});

describe("the plays that are held", () => {
  test("a play that left the feed stays, and none is held twice", () => {
    const [first, second, third] = [1, 2, 3].map((started_at) => aRecentPlay({ started_at }));
    if (!(first && second && third)) throw new Error("three plays");

    const held = mergePlays(mergePlays([], [second, first]), [third, second]);

    expect(keysOf(held)).toEqual(keysOf([third, second, first]));
  });

  test("the oldest go where there are too many", () => {
    const plays = Array.from({ length: mostPlays + 20 }, (_, started_at) => aRecentPlay({ started_at }));

    const held = mergePlays([], plays);

    expect(held).toHaveLength(mostPlays);
    expect(held.at(-1)?.started_at).toBe(20);
  });

  test("a feed with nothing new changes nothing", () => {
    const play = aRecentPlay();
    const held = mergePlays([], [play]);

    expect(mergePlays(held, [play])).toBe(held);
  });
});
