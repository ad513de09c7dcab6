import { describe, expect, test } from "vitest";
import type { EpochMs } from "#src/domain/play.ts";
import { dayMs, hourMs, isExpired } from "#src/domain/windows.ts";
import { historyOf } from "../../../bench/cost/history.ts";
import { hashOf, Sample } from "../../../bench/cost/sample.ts";
import { Warmth } from "../../../bench/cost/warmth.ts";
import { numberIn, World } from "../../../bench/cost/world.ts";

const now = Date.parse("2026-11-20T20:30:00Z") as EpochMs;
const aPast = (rate: number, days: number) => ({
  rate,
  from: (now - days * dayMs) as EpochMs,
  to: now,
  seed: 7,
  label: undefined,
});
const hoursIn = (windows: ReadonlyMap<string, unknown>): string[] =>
  [...windows.keys()].filter((id) => id.startsWith("h."));

describe("the history of a counter", () => {
  test("a song that is played all the time has a window for each hour that is kept, and few expired ones", () => {
    const { windows, decays } = historyOf(aPast(1, 28));
    const expired = [...windows.keys(), ...decays.keys()].filter((id) => isExpired(id, now));

    expect(hoursIn(windows).filter((id) => !isExpired(id, now))).toHaveLength(97);
    expect(expired.length).toBeLessThan(24);
  });

  test("a song that is played once a day has a window for few of them", () => {
    const { windows } = historyOf(aPast(1000 / dayMs, 28));

    expect(hoursIn(windows).length).toBeLessThan(97 / 3);
  });

  test("a song that is never played has none", () => {
    expect(historyOf(aPast(0, 28))).toMatchObject({ plays: 0, windows: new Map(), decays: new Map() });
  });

  test("its plays are about as many as the rate makes", () => {
    const { plays } = historyOf(aPast(0.01, 10));

    expect(plays / (0.01 * 10 * 86_400)).toBeCloseTo(1, 1);
  });

  test("the same seed gives the same history", () => {
    expect(historyOf(aPast(0.001, 28))).toEqual(historyOf(aPast(0.001, 28)));
  });

  test("a past of a part of an hour has that part's plays", () => {
    const from = (now - hourMs / 2) as EpochMs;
    const { plays } = historyOf({ ...aPast(1, 1), from });

    expect(plays).toBeGreaterThan(1600);
    expect(plays).toBeLessThan(2000);
  });
});

describe("a sample", () => {
  const keys = (count: number) => new Set(Array.from({ length: count }, (_, i) => `SONG#trk-${i}`));

  test("of few keys is all of them", () => {
    const sample = new Sample(keys(10), 300, numberIn);

    expect(sample.keys.size).toBe(10);
    expect(sample.factor).toBe(1);
  });

  test("of many keys stands for all of them", () => {
    const sample = new Sample(keys(30_000), 300, numberIn);

    expect(sample.keys.size).toBe(300);
    expect(sample.factor).toBe(100);
  });

  test("does not depend on the order in which the keys came", () => {
    const reversed = new Set([...keys(5000)].reverse());

    expect([...new Sample(reversed, 50, hashOf).keys]).toEqual([...new Sample(keys(5000), 50, hashOf).keys]);
  });

  test("has the mean of all keys", () => {
    const numbers = [...new Sample(keys(10_000), 100, numberIn).keys].map(numberIn);

    expect(numbers.reduce((sum, number) => sum + number, 0) / 100).toBeCloseTo(5000, -1);
  });
});

describe("all counters together", () => {
  test("take more the longer the service has run, and less than their number times the largest", () => {
    const world = new World(10, 1);
    const [day, month] = [1, 28].map((days) => new Warmth(world, now, days).countersBytes());

    expect(month).toBeGreaterThan(2 * (day ?? 0));
    expect(month).toBeLessThan((world.catalog.songs + world.catalog.artists) * 5 * 1024);
  }, 30_000);
});

describe("the world", () => {
  const world = new World(10, 1);

  test("the shares of all songs and of all listeners add up to one", () => {
    let songs = 0;
    for (let song = 0; song < world.catalog.songs; song++) songs += world.songShare(song);
    let listeners = 0;
    for (let listener = 0; listener < world.listeners; listener++) listeners += world.listenerShare(listener);

    expect(songs).toBeCloseTo(1, 6);
    expect(listeners).toBeCloseTo(1, 1);
  });

  test("the simulator draws about as many different songs as the shares say", () => {
    const plays = 20_000;
    const simulator = world.createSimulator();
    const drawn = new Set(Array.from({ length: plays }, () => simulator.next(now).track.id));
    let expected = 0;
    for (let song = 0; song < world.catalog.songs; song++)
      expected += 1 - (1 - world.songShare(song)) ** plays;

    expect(drawn.size / expected).toBeGreaterThan(0.8);
    expect(drawn.size / expected).toBeLessThan(1.25);
  });
});
