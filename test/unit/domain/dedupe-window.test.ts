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
  const windows = [0, 1, 2].map(() => new DedupeWindow(horizonMs));
  for (const window of windows) window.add(1, 2, 1_000);

  expect(windows[0]?.add(1, 2, 1_000 + horizonMs)).toBe(true);
  expect(windows[1]?.add(1, 2, 1_001 + horizonMs)).toBe(false);
  expect(windows[2]?.add(1, 3, 1_000)).toBe(false);
});

/** What a window and its owner should answer, the plain way. */
class LastArrivals {
  #known = new Map<number, number>();
  #before = new Map<number, number>();

  add(id: number, arrivedAt: number): boolean {
    const last = this.#known.get(id) ?? Number.NEGATIVE_INFINITY;
    this.#known.set(id, arrivedAt);
    return arrivedAt - last <= horizonMs;
  }

  begin(): void {
    this.#before = new Map(this.#known);
  }

  takeBack(): void {
    this.#known = new Map(this.#before);
  }

  /** As a consumer loads one from segments. */
  load(): DedupeWindow {
    const window = new DedupeWindow(horizonMs);
    for (const [id, arrivedAt] of this.#known) window.add(id, id, arrivedAt);
    return window;
  }
}

test("the window answers as a map of last arrivals does, however it grows, forgets and takes back", () => {
  const someAct = fc.constantFrom("add", "add", "add", "begin", "take back");
  fc.assert(
    fc.property(fc.array(fc.tuple(someAct, someId, someStep), { maxLength: 300 }), (acts) => {
      const arrivals = new LastArrivals();
      let window = arrivals.load();
      let now = 1_700_000_000_000;
      let begunAt = now;
      window.begin();
      for (const [act, id, step] of acts) {
        if (act === "add") {
          now += step;

          expect(window.add(id, id, now)).toBe(arrivals.add(id, now));
          continue;
        }
        if (act === "take back") {
          arrivals.takeBack();
          if (!window.takeBack()) window = arrivals.load();
          now = begunAt;
        }
        arrivals.begin();
        window.begin();
        begunAt = now;
      }
    }),
  );
});

/** What the window answers for plays of these numbers. */
function addPlays(window: DedupeWindow, from: number, to: number, now: number): readonly boolean[] {
  const id = { hi: 0, lo: 0 };
  return Array.from({ length: to - from }, (_, i) => {
    hash64(`play-${from + i}`, id);
    return window.add(id.hi, id.lo, now);
  });
}

test("what was added to a crowded table is taken back, and what was there is found", () => {
  const window = new DedupeWindow(horizonMs);
  const added = (from: number, to: number, now: number) => addPlays(window, from, to, now);
  added(0, 20_000, 1_000);
  window.begin();
  const size = window.size;
  added(19_000, 22_000, 2_000);

  const isBack = window.takeBack();

  expect(isBack).toBe(true);
  expect(window.size).toBe(size);
  expect(added(20_000, 22_000, 2_000).some(Boolean)).toBe(false);
  expect(added(0, 20_000, 2_000).every(Boolean)).toBe(true);
});

test("an arrival that was taken back does not prolong the one before it", () => {
  const window = new DedupeWindow(horizonMs);
  window.add(1, 2, 1_000);
  window.begin();
  window.add(1, 2, 1_000 + horizonMs);

  window.takeBack();

  expect(window.add(1, 2, 1_001 + horizonMs)).toBe(false);
});

test("nothing is taken back once the table was resized", () => {
  const window = new DedupeWindow(horizonMs);
  window.begin();
  addPlays(window, 0, 20_000, 1_000);

  expect(window.takeBack()).toBe(false);
});

test("nothing is taken back where nothing began", () => {
  expect(new DedupeWindow(horizonMs).takeBack()).toBe(false);
});

test("ids may be loaded from the newest to the oldest", () => {
  const window = new DedupeWindow(horizonMs);
  const newest = 1_700_000_000_000;
  for (let i = 0; i < 5_000; i++) window.add(i, i, newest - i);

  const known = Array.from({ length: 5_000 }, (_, i) => window.add(i, i, newest));

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
