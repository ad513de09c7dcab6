import fc from "fast-check";
import { expect, test } from "vitest";
import { decayWeight, playsWorth } from "#src/domain/decay.ts";

const landmark = Date.parse("2026-11-20T00:00:00Z");
const minutes = fc.integer({ min: -16 * 60, max: 25 * 60 - 1 });

test("a weight is floor(2^(16 + minutes / 60)) from the landmark", () => {
  expect(decayWeight(landmark, landmark)).toBe(2 ** 16);
  expect(decayWeight(landmark + 90 * 60_000, landmark)).toBe(Math.floor(2 ** 17.5));
  expect(decayWeight(landmark - 16 * 3_600_000, landmark)).toBe(1);
});

test("a play loses half of its weight in an hour", () => {
  fc.assert(
    fc.property(fc.integer({ min: -14 * 60, max: 24 * 60 - 1 }), (minute) => {
      const earlier = decayWeight(landmark + minute * 60_000, landmark);
      const later = decayWeight(landmark + (minute + 60) * 60_000, landmark);

      expect(Math.abs(later - 2 * earlier)).toBeLessThanOrEqual(1);
    }),
  );
});

test("weights are integers that never fall with time", () => {
  fc.assert(
    fc.property(minutes, (minute) => {
      const weight = decayWeight(landmark + minute * 60_000, landmark);

      expect(Number.isSafeInteger(weight)).toBe(true);
      expect(weight).toBeGreaterThanOrEqual(decayWeight(landmark + (minute - 1) * 60_000, landmark));
    }),
  );
});

test("plays older than 16 half-lives and plays of a later landmark weigh nothing", () => {
  expect(decayWeight(landmark - 16 * 3_600_000 - 60_000, landmark)).toBe(0);
  expect(decayWeight(landmark + 25 * 3_600_000, landmark)).toBe(0);
});

test("a play that just started is worth one play, an hour later half of one", () => {
  const score = BigInt(decayWeight(landmark + 3_600_000, landmark));

  expect(playsWorth(score, landmark, landmark + 3_600_000)).toBe(1);
  expect(playsWorth(score, landmark, landmark + 7_200_000)).toBe(0.5);
});
