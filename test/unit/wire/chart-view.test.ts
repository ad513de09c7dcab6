import { expect, test } from "vitest";
import type { Chart, ChartEntry } from "#src/domain/chart.ts";
import { decayWeight } from "#src/domain/decay.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { currentWindows, dayMs, hourMs } from "#src/domain/windows.ts";
import { viewChart } from "#src/wire/chart-view.ts";

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
});

test("a hot score is the plays it is worth: one at once, half an hour later", () => {
  const chart = aChart(BigInt(decayWeight(playedAt, midnight)));

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
