import fc from "fast-check";
import { expect, test } from "vitest";
import { type Candidate, ChartUpdate, chartSize, compareCandidates, draftChart } from "#src/domain/chart.ts";
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
