import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Candidate,
  type Chart,
  ChartUpdate,
  chartSize,
  compareCandidates,
  draftChart,
} from "#src/domain/chart.ts";
import { departuresKept } from "#src/domain/departures.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { allTime } from "#src/domain/windows.ts";

const candidate = (id: string, score: number, firstPlayedAt = 0): Candidate => ({
  id,
  title: "",
  artist: "",
  score: BigInt(score),
  plays: score,
  listenedMs: 0,
  firstPlayedAt: firstPlayedAt as EpochMs,
});

const ids = (entries: readonly { readonly id: string }[] | undefined) => entries?.map((entry) => entry.id);

test("a chart rebuilt from what changed equals a full sort of all totals", () => {
  const someGrowth = fc.record({
    id: fc.integer({ min: 0, max: 60 }),
    plays: fc.integer({ min: 0, max: 3 }),
    earlier: fc.integer({ min: 0, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(fc.array(someGrowth, { maxLength: 40 }), { maxLength: 12 }), (epochs) => {
      const totals = new Map<number, Candidate>();
      let chart = draftChart("songs", allTime, undefined).finish(1 as EpochNumber)?.entries ?? [];
      for (const changes of epochs) {
        const update = new ChartUpdate(chart, 5);
        for (const { id, plays, earlier } of changes) {
          const before = totals.get(id) ?? candidate(String(id), 0, 100);
          const next = candidate(before.id, before.plays + plays, before.firstPlayedAt - earlier);
          totals.set(id, next);
          update.offer(next);
        }
        chart = update.finish() ?? chart;

        const expected = [...totals.values()].filter((each) => each.score > 0n).sort(compareCandidates);
        expect(ids(chart)).toEqual(ids(expected.slice(0, 5)));
      }
    }),
  );
});

const someCandidates = (maxLength: number) =>
  fc
    .uniqueArray(fc.tuple(fc.nat(80), fc.integer({ min: 0, max: 9 })), {
      maxLength,
      selector: ([id]) => id,
    })
    .map((all) => all.map(([id, score]) => candidate(String(id), score, id % 3)));

test("whoever is not admitted would have changed nothing", () => {
  fc.assert(
    fc.property(someCandidates(8), someCandidates(80), fc.boolean(), (first, changes, isNumber) => {
      const start = new ChartUpdate([], 4);
      for (const each of first) start.offer(each);
      const before = start.finish() ?? [];
      const all = new ChartUpdate(before, 4);
      for (const each of changes) all.offer(each);
      const some = new ChartUpdate(before, 4);
      for (const each of changes)
        if (some.admits(each.id, isNumber ? Number(each.score) : each.score)) some.offer(each);

      expect(some.finish()).toEqual(all.finish());
      expect(some.offered()).toEqual(all.offered());
    }),
    { numRuns: 1000 },
  );
});

test("what is offered in any order, and over detours, gives the same chart, also where scores fall", () => {
  fc.assert(
    fc.property(someCandidates(8), someCandidates(80), fc.nat(), (first, changes, turn) => {
      const start = new ChartUpdate([], 4);
      for (const each of first) start.offer(each);
      const before = start.finish() ?? [];
      const direct = new ChartUpdate(before, 4);
      for (const each of changes) direct.offer(each);
      const turned = changes.map((_, i) => changes[(i + turn) % changes.length] as Candidate).reverse();
      const parts = [0, 1, 2].map((part) => {
        const update = new ChartUpdate(before, 4);
        for (const each of turned.filter((_, i) => i % 3 === part)) update.offer(each);
        return update.offered();
      });
      const over = new ChartUpdate(before, 4);
      for (const each of parts.flat()) over.offer(each);

      expect(over.finish()).toEqual(direct.finish());
      for (const part of parts) expect(part.length).toBeLessThanOrEqual(8);
    }),
    { numRuns: 1000 },
  );
});

test("the order is score, then first played earlier, then the id's bytes", () => {
  const entries = [
    candidate("b", 2, 5),
    candidate("a", 2, 5),
    candidate("late", 2, 9),
    candidate("top", 3, 9),
  ];

  expect(ids([...entries].sort(compareCandidates))).toEqual(["top", "a", "b", "late"]);
});

test("an entry tells its previous rank and its peak", () => {
  const first = new ChartUpdate([]);
  for (const each of [candidate("a", 2), candidate("b", 1)]) first.offer(each);
  const second = new ChartUpdate(first.finish() ?? []);
  for (const each of [candidate("b", 3), candidate("c", 1)]) second.offer(each);

  const entries = second.finish() ?? [];

  expect(entries.map(({ id, previousRank, peak }) => [id, previousRank, peak])).toEqual([
    ["b", 2, 1],
    ["a", 1, 1],
    ["c", undefined, 3],
  ]);
});

test("a chart that did not change has no next version", () => {
  const first = new ChartUpdate([]);
  first.offer(candidate("a", 2));
  const entries = first.finish() ?? [];
  const second = new ChartUpdate(entries);
  second.offer(candidate("a", 2));

  expect(second.finish()).toBeUndefined();
});

test("who has no score has no place", () => {
  const update = new ChartUpdate([]);
  update.offer(candidate("a", 0));

  expect(update.finish()).toBeUndefined();
});

test("who is offered anew with a lower score moves down, and with none leaves", () => {
  const first = new ChartUpdate([]);
  for (const each of [candidate("a", 5), candidate("b", 4), candidate("c", 3)]) first.offer(each);
  const before = first.finish() ?? [];
  const update = new ChartUpdate(before);
  update.offer(candidate("a", 1));
  update.offer(candidate("b", 0));

  expect(update.finish()?.map(({ id, previousRank, peak }) => [id, previousRank, peak])).toEqual([
    ["c", 3, 1],
    ["a", 1, 1],
  ]);
});

test("an entry whose listeners or expected plays changed is another version of the chart", () => {
  const rising = { ...candidate("a", 5), rise: { expected: 3, listeners: 7 } };
  const first = new ChartUpdate([]);
  first.offer(rising);
  const before = first.finish() ?? [];
  const after = (rise: Candidate["rise"]) => {
    const update = new ChartUpdate(before);
    update.offer({ ...rising, ...(rise && { rise }) });
    return update.finish()?.[0]?.rise;
  };

  expect(after({ expected: 3, listeners: 7 })).toBeUndefined();
  expect(after({ expected: 3, listeners: 8 })).toEqual({ expected: 3, listeners: 8 });
  expect(after({ expected: 4, listeners: 7 })).toEqual({ expected: 4, listeners: 7 });
});

test.each([
  [chartSize - 1, chartSize - 1],
  [chartSize, chartSize],
  [chartSize + 1, chartSize],
])("of %d songs the first %d are in the chart", (songs, entries) => {
  const chart = draftChart("songs", allTime, undefined);
  for (let i = 1; i <= songs; i++) chart.update.offer(candidate(String(i), i));

  const found = ids(chart.finish(1 as EpochNumber)?.entries);

  expect(found).toHaveLength(entries);
  expect(found?.at(-1)).toBe(String(songs - entries + 1));
});

describe("who comes back", () => {
  /** A chart of the first 500 of some songs, then the versions that the offers of each epoch make of it. */
  function versionsOf(...epochs: readonly (readonly Candidate[])[]): readonly Chart[] {
    const versions: Chart[] = [];
    for (const offers of [everybody, ...epochs]) {
      const draft = draftChart("songs", allTime, versions.at(-1));
      for (const offer of offers) draft.update.offer(offer);
      const next = draft.finish((versions.length + 1) as EpochNumber);
      if (next !== undefined) versions.push(next);
    }
    return versions;
  }
  /** Song 1 has 500 plays, song 500 has 1. */
  const everybody = Array.from({ length: chartSize }, (_, i) => candidate(String(i + 1), chartSize - i));
  const named = (chart: Chart | undefined, id: string) => chart?.entries.find((entry) => entry.id === id);

  test("is marked in that version, and keeps the best rank it had", () => {
    const [, left, back, later] = versionsOf(
      [candidate("new", 2, -1)],
      [candidate("500", 4, 1)],
      [candidate("500", 5, 1)],
    );

    expect(left?.departures).toEqual([{ id: "500", peak: 500 }]);
    expect(named(left, "new")).toMatchObject({ previousRank: undefined, peak: 499 });
    expect(named(left, "new")).not.toHaveProperty("isBack");
    expect(named(back, "500")).toMatchObject({ previousRank: undefined, peak: 498, isBack: true });
    expect(back?.departures).toEqual([{ id: "499", peak: 499 }]);
    expect(named(later, "500")).toMatchObject({ previousRank: 498, peak: 497 });
    expect(named(later, "500")).not.toHaveProperty("isBack");
  });

  test("with a worse rank still has the old peak", () => {
    const newcomers = Array.from({ length: 101 }, (_, i) => candidate(`new-${i}`, 1000, i));
    const [, left, back] = versionsOf(newcomers, [candidate("400", 103)]);

    expect(left?.departures[0]).toEqual({ id: "400", peak: 400 });
    expect(back?.entries.at(-1)).toMatchObject({ id: "400", peak: 400, isBack: true });
  });

  test("is forgotten once a hundred others have left since", () => {
    const newcomers = (from: number, plays: number) =>
      Array.from({ length: departuresKept }, (_, i) => candidate(`new-${from + i}`, plays));
    const [, first, second, back] = versionsOf([candidate("new", 2, -1)], newcomers(0, 1000), [
      candidate("500", 2000),
      candidate("499", 2000, 1),
    ]);

    expect(first?.departures.map(({ id }) => id)).toEqual(["500"]);
    expect(second?.departures).toHaveLength(departuresKept);
    expect(named(back, "500")).not.toHaveProperty("isBack");
    expect(named(back, "499")).toMatchObject({ isBack: true, peak: 2 });
  });

  test("is no listener, and nothing that left because its plays were forgotten", () => {
    const [, chart] = versionsOf([candidate("new", 2, -1)]);
    const corrected = draftChart("songs", allTime, chart, new Set(["1", "500"])).finish(3 as EpochNumber);
    const listeners = draftChart("listeners", allTime, chart);
    listeners.update.offer(candidate("ann", 1000));

    expect(chart?.departures).toEqual([{ id: "500", peak: 500 }]);
    expect(corrected?.entries).toHaveLength(chartSize - 1);
    expect(corrected?.departures).toEqual([]);
    expect(listeners.finish(3 as EpochNumber)?.departures).toEqual([]);
  });
});
