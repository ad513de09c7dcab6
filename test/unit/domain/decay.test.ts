import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decayWeight, landmarkAt, playsWorth } from "#src/domain/decay.ts";

const landmark = Date.parse("2026-11-20T00:00:00Z");
const minutes = fc.integer({ min: -16 * 60, max: 25 * 60 - 1 });

test("a weight is floor(2^(16 + minutes / 60)) from the landmark", () => {
  expect(decayWeight("hot", landmark, landmark)).toBe(2 ** 16);
  expect(decayWeight("hot", landmark + 90 * 60_000, landmark)).toBe(Math.floor(2 ** 17.5));
  expect(decayWeight("hot", landmark - 16 * 3_600_000, landmark)).toBe(1);
});

test("a play loses half of its weight in an hour", () => {
  fc.assert(
    fc.property(fc.integer({ min: -14 * 60, max: 24 * 60 - 1 }), (minute) => {
      const earlier = decayWeight("hot", landmark + minute * 60_000, landmark);
      const later = decayWeight("hot", landmark + (minute + 60) * 60_000, landmark);

      expect(Math.abs(later - 2 * earlier)).toBeLessThanOrEqual(1);
    }),
  );
});

test("weights are integers that never fall with time", () => {
  fc.assert(
    fc.property(minutes, (minute) => {
      const weight = decayWeight("hot", landmark + minute * 60_000, landmark);

      expect(Number.isSafeInteger(weight)).toBe(true);
      expect(weight).toBeGreaterThanOrEqual(decayWeight("hot", landmark + (minute - 1) * 60_000, landmark));
    }),
  );
});

test("plays older than 16 half-lives and plays of a later landmark weigh nothing", () => {
  expect(decayWeight("hot", landmark - 16 * 3_600_000 - 60_000, landmark)).toBe(0);
  expect(decayWeight("hot", landmark + 25 * 3_600_000, landmark)).toBe(0);
});

test("a play that just started is worth one play, an hour later half of one", () => {
  const score = BigInt(decayWeight("hot", landmark + 3_600_000, landmark));

  expect(playsWorth("hot", score, landmark, landmark + 3_600_000)).toBe(1);
  expect(playsWorth("hot", score, landmark, landmark + 7_200_000)).toBe(0.5);
});

describe("hot24", () => {
  const dayMs = 86_400_000;
  const ofHot24 = Date.parse("2026-11-03T00:00:00Z");

  test("its landmark is a midnight, every 24 days since 1970", () => {
    expect(landmarkAt("hot24", Date.parse("2026-11-20T14:30:00Z"))).toBe(ofHot24);
    expect(landmarkAt("hot24", ofHot24 + 24 * dayMs - 1)).toBe(ofHot24);
    expect(landmarkAt("hot24", ofHot24 + 24 * dayMs)).toBe(ofHot24 + 24 * dayMs);
    expect(ofHot24 % (24 * dayMs)).toBe(0);
  });

  test("a weight is floor(2^(16 + minutes / 1440)) from the landmark", () => {
    expect(decayWeight("hot24", ofHot24, ofHot24)).toBe(2 ** 16);
    expect(decayWeight("hot24", ofHot24 + 1.5 * dayMs, ofHot24)).toBe(Math.floor(2 ** 17.5));
    expect(decayWeight("hot24", ofHot24 - 16 * dayMs, ofHot24)).toBe(1);
    expect(decayWeight("hot24", ofHot24 - 16 * dayMs - 60_000, ofHot24)).toBe(0);
  });

  test("a play may start up to an hour after the landmark's end, and weighs less than 2^41 then", () => {
    const last = decayWeight("hot24", ofHot24 + 24 * dayMs + 59 * 60_000, ofHot24);

    expect(last).toBeGreaterThan(2 ** 40);
    expect(last).toBeLessThan(2 ** 41);
    expect(decayWeight("hot24", ofHot24 + 24 * dayMs + 3_600_000, ofHot24)).toBe(0);
  });

  test("a play loses half of its weight in a day", () => {
    fc.assert(
      fc.property(fc.integer({ min: -14 * 1440, max: 23 * 1440 - 1 }), (minute) => {
        const earlier = decayWeight("hot24", ofHot24 + minute * 60_000, ofHot24);
        const later = decayWeight("hot24", ofHot24 + (minute + 1440) * 60_000, ofHot24);

        expect(Math.abs(later - 2 * earlier)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("a play that just started is worth one play, a day later half of one", () => {
    const score = BigInt(decayWeight("hot24", ofHot24 + dayMs, ofHot24));

    expect(playsWorth("hot24", score, ofHot24, ofHot24 + dayMs)).toBe(1);
    expect(playsWorth("hot24", score, ofHot24, ofHot24 + 2 * dayMs)).toBe(0.5);
  });
});
