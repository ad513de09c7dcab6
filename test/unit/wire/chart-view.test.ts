import fc from "fast-check";
import { expect, test } from "vitest";
import type { Chart, ChartEntry } from "#src/domain/chart.ts";
import { decayWeight, landmarkAt } from "#src/domain/decay.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { currentWindows, dayMs, hourMs } from "#src/domain/windows.ts";
import { decayOf, scoreAt, viewChart, viewShown } from "#src/wire/chart-view.ts";
import { maxFrameBytes, maxSnapshotEntries } from "#src/wire/push-limits.ts";
import { encodeChartSnapshot } from "#src/wire/push-protocol.ts";

const midnight = Date.parse("2026-11-20T00:00:00Z");
const playedAt = (midnight + 5 * hourMs) as EpochMs;

const anEntry = (score: bigint): ChartEntry => ({
  id: "S1",
  title: "Yellow",
  artist: "Coldplay",
  score,
  plays: 3,
  listenedMs: 600_000,
  firstPlayedAt: playedAt,
  previousRank: undefined,
  peak: 1,
});

const aChart = (score: bigint): Chart => ({
  list: "songs",
  window: currentWindows(playedAt).hot,
  epoch: 1 as EpochNumber,
  seq: 1,
  entries: [anEntry(score), anEntry(1n)],
  departures: [],
});

test("a hot score is the plays it is worth: one at once, half an hour later", () => {
  const chart = aChart(BigInt(decayWeight("hot", playedAt, midnight)));

  expect(viewChart(chart, "hot", playedAt, 1)[0]?.score).toBe(1);
  expect(viewChart(chart, "hot", playedAt + hourMs, 1)[0]?.score).toBe(0.5);
  expect(viewChart(chart, "hot", midnight + dayMs - 1, 1)[0]?.score).toBe(0);
});

test("a calendar score is the number of plays", () => {
  expect(viewChart(aChart(3n), "day", playedAt, 10).map(({ rank, score }) => [rank, score])).toEqual([
    [1, 3],
    [2, 1],
  ]);
});

test("an entry that is new has no previous rank", () => {
  expect(viewChart(aChart(3n), "day", playedAt, 1)[0]).toMatchObject({ previous_rank: null, peak: 1 });
});

test("what is shown of hot fades by itself to the score at any time", () => {
  const chart = aChart(BigInt(decayWeight("hot", playedAt, midnight)));
  const decay = decayOf("hot", playedAt);
  const [shown] = viewShown(chart, "hot");

  for (const now of [playedAt, playedAt + hourMs, playedAt + 5 * hourMs]) {
    const [asked] = viewChart(chart, "hot", now, 1);
    expect(scoreAt(shown?.score ?? 0, decay, now)).toBeCloseTo(asked?.score ?? -1, 3);
  }
  expect(decayOf("day", playedAt)).toBeUndefined();
});

test("what is shown of hot24 fades from its landmark of 24 days, by half a day", () => {
  const landmark = landmarkAt("hot24", playedAt);
  const chart = aChart(BigInt(decayWeight("hot24", playedAt, landmark)));
  const decay = decayOf("hot24", playedAt);
  const [shown] = viewShown(chart, "hot24");

  expect(decay).toEqual({ from: landmark, half_life_ms: dayMs });
  for (const [days, worth] of [
    [0, 1],
    [1, 0.5],
    [2, 0.25],
  ] as const) {
    expect(viewChart(chart, "hot24", playedAt + days * dayMs, 1)[0]?.score).toBe(worth);
    expect(scoreAt(shown?.score ?? 0, decay, playedAt + days * dayMs)).toBeCloseTo(worth, 4);
  }
});

test("the first hundred entries are shown", () => {
  const entries = Array.from({ length: 500 }, (_, i) => ({ ...anEntry(3n), id: `S${i}` }));

  const shown = viewShown({ ...aChart(3n), entries }, "day");

  expect(shown.map(({ id, rank }) => [id, rank])).toEqual(
    entries.slice(0, maxSnapshotEntries).map(({ id }, index) => [id, index + 1]),
  );
});

test("of whatever names as many are shown as fit in a frame of 32 KB", () => {
  const someEntry = fc
    .record({
      title: fc.string({ unit: "binary", maxLength: 1024, size: "max" }),
      artist: fc.string({ unit: "binary", maxLength: 1024, size: "max" }),
    })
    .map((names) => ({ ...anEntry(3n), ...names }));
  fc.assert(
    fc.property(fc.array(someEntry, { minLength: 1, maxLength: 30 }), (entries) => {
      const shown = viewShown({ ...aChart(3n), entries }, "day");
      const head = { channel: "songs.day", log: "x".repeat(100), seq: 41, epoch: 7, now: 1 } as const;
      const frame = encodeChartSnapshot({ ...head, total: entries.length, entries: shown });

      expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(maxFrameBytes);
      expect(shown.length).toBeGreaterThan(0);
      expect(shown.map(({ title }) => title)).toEqual(
        entries.slice(0, shown.length).map(({ title }) => title),
      );
    }),
    { numRuns: 30 },
  );
});

test("an entry that rises shows what was expected, its listeners and its score, rounded", () => {
  const entry = { ...anEntry(2_345n), rise: { expected: 3.7499, listeners: 12 } };
  const chart = { ...aChart(1n), window: currentWindows(playedAt).rising, entries: [entry] };
  const shown = { plays: 3, score: 2.35, expected: 3.7, listeners: 12 };

  expect(viewChart(chart, "rising", playedAt, 1)).toMatchObject([shown]);
  expect(viewShown(chart, "rising")).toMatchObject([shown]);
  expect(decayOf("rising", playedAt)).toBeUndefined();
  expect(viewChart(aChart(3n), "day", playedAt, 1)[0]).not.toHaveProperty("expected");
});
