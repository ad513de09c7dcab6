import { describe, expect, test } from "vitest";
import { median, spread } from "../../../../bench/harness/statistics.ts";

describe("median", () => {
  test("is the middle one of an odd number, however they are ordered", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([3])).toBe(3);
  });

  test("is the mean of the two in the middle of an even number", () => {
    expect(median([10, 1, 2, 3])).toBe(2.5);
  });

  test("compares numbers as numbers", () => {
    expect(median([100, 20, 3])).toBe(20);
  });

  test("of nothing is an error", () => {
    expect(() => median([])).toThrow("no median of nothing");
  });
});

test("the spread is half of the range as a share of the median", () => {
  expect(spread([8, 10, 14])).toBeCloseTo(0.3);
  expect(spread([5, 5])).toBe(0);
});
