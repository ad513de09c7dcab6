import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linearScale, logarithmicScale, tickText } from "../../../../bench/performance/ticks.ts";

describe("a linear scale", () => {
  test("goes from 0 to a round number above the largest value", () => {
    expect(linearScale([12, 87]).ticks).toEqual([0, 20, 40, 60, 80, 100]);
    expect(linearScale([0.3]).ticks).toEqual([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]);
  });

  test("places values between its ends", () => {
    const scale = linearScale([50, 100]);

    expect([0, 50, 100].map(scale.place)).toEqual([0, 0.5, 1]);
  });

  test("of nothing has 0", () => {
    expect(linearScale([]).ticks).toEqual([0]);
  });

  test("holds every value, with a readable number of marks", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), { minLength: 1 }), (values) => {
        const { ticks, place } = linearScale(values);

        expect(ticks.length).toBeGreaterThanOrEqual(3);
        expect(ticks.length).toBeLessThanOrEqual(8);
        for (const value of values) expect(place(value)).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });
});

describe("a logarithmic scale", () => {
  test("has 1, 2 and 5 of each power of ten", () => {
    expect(logarithmicScale([1.2, 40]).ticks).toEqual([1, 2, 5, 10, 20, 50]);
  });

  test("has powers alone over many of them", () => {
    expect(logarithmicScale([1, 16_000]).ticks).toEqual([1, 10, 100, 1000, 10_000, 100_000]);
  });

  test("places equal ratios equally far apart", () => {
    const { place } = logarithmicScale([1, 100]);

    expect(place(10) - place(1)).toBeCloseTo(place(100) - place(10));
  });

  test("of one value has two ends", () => {
    const { ticks, place } = logarithmicScale([100]);

    expect(ticks).toEqual([100, 200]);
    expect(place(100)).toBe(0);
  });

  test("holds every value", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), { minLength: 1 }), (values) => {
        const { place } = logarithmicScale(values);

        for (const value of values) {
          expect(place(value)).toBeGreaterThanOrEqual(-1e-9);
          expect(place(value)).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
    );
  });
});

test("marks are written without exponents", () => {
  expect([0, 0.05, 20, 5000, 2_000_000].map(tickText)).toEqual(["0", "0.05", "20", "5,000", "2M"]);
});
