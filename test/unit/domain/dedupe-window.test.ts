import fc from "fast-check";
import { expect, test } from "vitest";
import { DedupeWindow } from "#src/domain/dedupe-window.ts";
import { hash64 } from "#src/domain/hash64.ts";

const horizonMs = 600_000;
const someId = fc.integer({ min: 0, max: 40 });
const someStep = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 2 * horizonMs }),
  fc.constant(60 * 86_400_000),
);

test("an id is known for exactly one horizon after its last arrival", () => {
  const window = new DedupeWindow(horizonMs);
  window.add(1, 2, 1_000);

  expect(window.has(1, 2, 1_000 + horizonMs)).toBe(true);
  expect(window.has(1, 2, 1_001 + horizonMs)).toBe(false);
  expect(window.has(1, 3, 1_000)).toBe(false);
});

test("the window answers as a map of last arrivals does, however it grows and forgets", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(someId, someStep), { maxLength: 300 }), (arrivals) => {
      const window = new DedupeWindow(horizonMs);
      const lastArrivals = new Map<number, number>();
      let now = 1_700_000_000_000;
      for (const [id, step] of arrivals) {
        now += step;
        const last = lastArrivals.get(id) ?? Number.NEGATIVE_INFINITY;

        expect(window.has(id, id, now)).toBe(now - last <= horizonMs);
        expect(window.add(id, id, now)).toBe(now - last <= horizonMs);
        lastArrivals.set(id, now);
      }
    }),
  );
});

test("a window that was cleared knows no id, and answers for new ones", () => {
  const window = new DedupeWindow(horizonMs);
  window.add(1, 2, 90 * 86_400_000);
  window.clear();

  expect(window.add(1, 2, 1_000)).toBe(false);
  expect(window.add(1, 2, 1_000)).toBe(true);
  expect(window.size).toBe(1);
});

test("ids may be loaded from the newest to the oldest", () => {
  const window = new DedupeWindow(horizonMs);
  const newest = 1_700_000_000_000;
  for (let i = 0; i < 5_000; i++) window.add(i, i, newest - i);

  const known = Array.from({ length: 5_000 }, (_, i) => window.has(i, i, newest));

  expect(known.every(Boolean)).toBe(true);
});

test("a steady stream needs at most 22 bytes an id of one horizon", () => {
  const window = new DedupeWindow(horizonMs);
  const id = { hi: 0, lo: 0 };
  const perHorizon = 100_000;
  for (let i = 0; i < 5 * perHorizon; i++) {
    hash64(`play-${i}`, id);
    window.add(id.hi, id.lo, 1_700_000_000_000 + Math.floor((i * horizonMs) / perHorizon));
  }

  expect(window.byteLength / perHorizon).toBeLessThan(22);
});

test("a million ids that differ little have a million hashes", () => {
  const id = { hi: 0, lo: 0 };
  const seen = new Set<bigint>();
  for (let i = 0; i < 1_000_000; i++) {
    hash64(`u1-2026-11-20T00:00:${i}`, id);
    seen.add((BigInt(id.hi) << 32n) | BigInt(id.lo));
  }

  expect(seen.size).toBe(1_000_000);
});
