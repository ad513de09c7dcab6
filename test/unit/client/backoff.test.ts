import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs } from "#src/client/backoff.ts";

const aRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("a wait is never under 0.5 s nor over 15 s", () => {
  fc.assert(
    fc.property(fc.nat({ max: 10_000 }), aRandom, (failures, random) => {
      const waitMs = backoffMs(failures, random);

      expect(waitMs).toBeGreaterThanOrEqual(500);
      expect(waitMs).toBeLessThanOrEqual(15_000);
    }),
  );
});

test("the longest wait doubles with each failure, up to 15 s", () => {
  const longest = [0, 1, 2, 3, 4, 5].map((failures) => Math.round(backoffMs(failures, 1)));

  expect(longest).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000]);
});
