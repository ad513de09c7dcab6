import fc from "fast-check";
import { expect, test } from "vitest";
import { playsBy, profileNames, rateAt, scheduleOf, stretchesOf } from "#bench/load/rate-profile.ts";

const someProfile = fc.constantFrom(...profileNames);
const someRate = fc.double({ min: 10, max: 30_000, noNaN: true });
const someMs = fc.double({ min: 100, max: 5000, noNaN: true });

test("a schedule has every play of its profile, in order, each send when the last of its plays is due", () => {
  fc.assert(
    fc.property(someProfile, someRate, someMs, (profile, rate, ms) => {
      const stretches = stretchesOf(profile, rate, ms);
      const sends = [...scheduleOf(stretches)];

      let plays = 0;
      let before = 0;
      for (const send of sends) {
        plays += send.plays;
        expect(send.playsSoFar).toBe(plays);
        expect(send.atMs).toBeGreaterThanOrEqual(before);
        expect(playsBy(stretches, send.atMs)).toBeCloseTo(plays, 3);
        before = send.atMs;
      }
      expect(plays).toBe(Math.floor(playsBy(stretches, Number.POSITIVE_INFINITY)));
      expect(before).toBeLessThanOrEqual(ms + 0.001);
    }),
    { numRuns: 50 },
  );
});

test("a soak is even", () => {
  const sends = [...scheduleOf(stretchesOf("soak", 20, 1000))];

  expect(sends.map(({ plays }) => plays)).toEqual(Array(20).fill(1));
  expect(sends.map(({ atMs }) => Math.round(atMs))).toEqual(
    Array.from({ length: 20 }, (_, i) => 50 * (i + 1)),
  );
});

test("a ramp goes from a tenth up to the rate and stays there", () => {
  const ramp = stretchesOf("ramp", 1000, 10_000);

  expect([0, 4000, 8000, 9000, 10_000].map((atMs) => rateAt(ramp, atMs))).toEqual([
    100, 550, 1000, 1000, 1000,
  ]);
  expect(playsBy(ramp, 8000)).toBe(4400);
});

test("a spike comes all at once and goes", () => {
  const spike = stretchesOf("spike", 1000, 10_000);

  expect([0, 3999, 4000, 5999, 6000].map((atMs) => rateAt(spike, atMs))).toEqual([100, 100, 1000, 1000, 100]);
});

test("a high rate takes no more than 50 sends a second, each with more plays", () => {
  const sends = [...scheduleOf(stretchesOf("soak", 20_000, 1000))];

  expect(sends).toHaveLength(50);
  expect(new Set(sends.map(({ plays }) => plays))).toEqual(new Set([400]));
});
