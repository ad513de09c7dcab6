import { expect, test } from "vitest";
import { trendOf } from "#bench/load/trend.ts";

test("points on a line have its slope and no error", () => {
  const trend = trendOf([1, 2, 3, 4].map((x) => [x, 10 + 3 * x] as const));

  expect(trend?.slope).toBeCloseTo(3);
  expect(trend?.mean).toBeCloseTo(17.5);
  expect(trend?.error).toBeCloseTo(0);
});

test("points that go up and down have an error that is larger than their slope", () => {
  const trend = trendOf([1, 2, 3, 4, 5, 6].map((x) => [x, x % 2] as const));

  expect(Math.abs(trend?.slope ?? 9)).toBeLessThan(trend?.error ?? 0);
});

test("two points show nothing", () => {
  expect(
    trendOf([
      [1, 1],
      [2, 2],
    ]),
  ).toBeUndefined();
});
