import { expect, test } from "vitest";
import { everyEpoch, profileShareOf } from "../../../bench/cost/profile-tick.ts";

test("profiles that are folded every epoch cost what was measured", () => {
  expect(profileShareOf(1000, 5, 0, 1)).toEqual(everyEpoch);
  expect(profileShareOf(1000, 60, 60, 1)).toEqual(everyEpoch);
});

test("a fold of a longer time writes fewer profiles a play, however many plays there are", () => {
  const shares = [60, 900].map((seconds) => profileShareOf(1000, 5, seconds, 1).profiles);

  expect(shares[0]).toBeLessThan(1);
  expect(shares[1]).toBeLessThan(shares[0] ?? 0);
  expect(shares[1]).toBeGreaterThan(0.2); // a play takes some 200 s
  expect(profileShareOf(16_000, 5, 900, 1).profiles).toBeGreaterThan(shares[1] ?? 0); // begins before its tick
});

test("a fold of more plays than an epoch may hold reads and charts once a part", () => {
  expect(profileShareOf(100, 5, 200, 1)).toMatchObject({ readings: 1, charts: 5 / 200 });
  expect(profileShareOf(1000, 5, 900, 1)).toMatchObject({ readings: 45, charts: (45 * 5) / 900 });
});
