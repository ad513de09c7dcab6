import { describe, expect, test } from "vitest";
import { sketchOfBuckets } from "#src/domain/listener-sketch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { riseOf } from "#src/domain/rising.ts";
import { noTotals, type Totals } from "#src/domain/totals.ts";
import { currentWindows, dayMs, hourMs, hourWindow } from "#src/domain/windows.ts";

const start = Date.parse("2026-11-20T14:00:00Z") as EpochMs;
const { rising } = currentWindows(start);

/** A song's totals. @param before qualified plays by how many hours before this one */
function aSong(
  plays: number,
  listeners: number,
  before: Readonly<Record<number, number>> = {},
  firstPlayedAt = start - 30 * dayMs,
): Totals {
  const hours = { 0: plays, ...before };
  return {
    ...noTotals,
    firstPlayedAt: firstPlayedAt as EpochMs,
    windows: new Map(
      Object.entries(hours).map(([ago, count]) => [
        hourWindow(start - Number(ago) * hourMs),
        { plays: count, listenedMs: 0 },
      ]),
    ),
    listeners: new Map([[rising, sketchOfBuckets(Array.from({ length: listeners }, (_, i) => i))]]),
  };
}

const everyHour = (plays: number) => Object.fromEntries(Array.from({ length: 24 }, (_, i) => [i + 2, plays]));

test("a score is (plays - e) / sqrt(e + 1) in thousandths, with three plays more than the mean in e", () => {
  const { score, rise } = riseOf(aSong(20, 10, everyHour(5)), rising) ?? {};

  expect(rise).toEqual({ expected: 8, listeners: 11 });
  expect(score).toBe(4000n);
  expect(riseOf(aSong(21, 10, everyHour(5)), rising)?.score).toBe(BigInt(Math.floor(13_000 / 3)));
});

test("three plays of a new song are no news", () => {
  const isNew = start + hourMs / 2;

  expect(riseOf(aSong(3, 10, {}, isNew), rising)).toBeUndefined();
  expect(riseOf(aSong(4, 10, {}, isNew), rising)?.score).toBe(500n);
});

test("who is played as often as expected, or less, does not rise", () => {
  expect(riseOf(aSong(8, 20, everyHour(5)), rising)).toBeUndefined();
  expect(riseOf(aSong(2, 20, everyHour(5)), rising)).toBeUndefined();
});

test("fewer than five listeners make nothing rise, however often they play", () => {
  expect(riseOf(aSong(1000, 4), rising)).toBeUndefined();
  expect(riseOf(aSong(1000, 5), rising)).toBeDefined();
  expect(riseOf({ ...aSong(1000, 5), listeners: new Map() }, rising)).toBeUndefined();
});

describe("the mean", () => {
  const expectedOf = (totals: Totals) => riseOf(totals, rising)?.rise.expected;

  test("leaves out the last hour, whose plays may still come, and what is older than a day before that", () => {
    expect(expectedOf(aSong(100, 10, { 1: 999, 26: 999 }))).toBe(3);
    expect(expectedOf(aSong(100, 10, { 2: 24 }))).toBe(4);
    expect(expectedOf(aSong(100, 10, { 25: 24 }))).toBe(4);
  });

  test("is over the whole hours since the first play, at least one", () => {
    expect(expectedOf(aSong(100, 10, { 2: 12, 3: 8, 4: 4 }, start - 4 * hourMs))).toBe(24 / 3 + 3);
    expect(expectedOf(aSong(100, 10, { 2: 12, 3: 8, 4: 4 }, start - 3.5 * hourMs))).toBe(24 / 2 + 3);
    expect(expectedOf(aSong(100, 10, { 2: 12 }, start - 1.5 * hourMs))).toBe(12 + 3);
    expect(expectedOf(aSong(100, 10, { 2: 24 }, start - 40 * hourMs))).toBe(24 / 24 + 3);
  });
});
