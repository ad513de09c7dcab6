import { expect, test } from "vitest";
import { reportPage } from "#bench/load/report-page.ts";
import type { LoadResult } from "#bench/load/run-load.ts";
import { type LoadRequest, summarise } from "#bench/load/summary.ts";
import { textReport } from "#bench/load/text-report.ts";
import type { Thresholds } from "#bench/load/thresholds.ts";
import { aResult, aSample } from "./a-result.ts";

const request: LoadRequest = {
  ...{ profile: "soak", rate: 1000, durationMs: 10_000, endpoint: undefined, shards: 1, tickMs: 1000 },
  ...{ dedupeHorizonMs: 60_000, users: 100, songs: 100 },
};

const summaryOf = (result: Partial<LoadResult>, thresholds: Thresholds = {}, cpuOfTenth?: number) =>
  summarise(request, new Date(1_795_790_000_000), aResult(result), thresholds, cpuOfTenth);

const judged = (result: Partial<LoadResult>, thresholds: Thresholds, cpuOfTenth?: number) =>
  summaryOf(result, thresholds, cpuOfTenth).judgements.map(({ isMet, seen }) => [isMet, seen]);

test("an error rate counts what failed and what was dropped, and is met up to its bound", () => {
  const plays = { due: 10_000, acknowledged: 9900, failed: 60, dropped: 40 };

  expect(judged({ plays }, { maxErrorRate: 0.01 })).toEqual([[true, "1.00 %"]]);
  expect(judged({ plays }, { maxErrorRate: 0.0099 })).toEqual([[false, "1.00 %"]]);
});

test("the p95 is that of put to acknowledged", () => {
  expect(judged({}, { maxP95Ms: 101 })).toEqual([[true, "100 ms"]]);
  expect(judged({}, { maxP95Ms: 99 })).toEqual([[false, "100 ms"]]);
});

test("the lag is the longest that was seen", () => {
  const samples = [10, 900, 20].map((lagMs) => aSample({ lagMs }));

  expect(judged({ samples }, { maxLagMs: 900 })).toEqual([[true, "900 ms"]]);
  expect(judged({ samples }, { maxLagMs: 899 })).toEqual([[false, "900 ms"]]);
});

test("a lag that was not seen for more than a tenth of the time is not met", () => {
  const samples = (unknown: number) =>
    Array.from({ length: 20 }, (_, i) => aSample({ lagMs: i < unknown ? undefined : 10 }));

  expect(judged({ samples: samples(2) }, { maxLagMs: 100 })).toEqual([[true, "10 ms"]]);
  expect(judged({ samples: samples(3) }, { maxLagMs: 100 })).toEqual([[false, "not seen"]]);
});

test("CPU is compared with that of a tenth of the rate", () => {
  expect(summaryOf({}, {}, 20).cpuRatio).toBe(10);
  expect(judged({}, { maxCpuRatio: 10.5 }, 20)).toEqual([[true, "10.00 times"]]);
  expect(judged({}, { maxCpuRatio: 9.9 }, 20)).toEqual([[false, "10.00 times"]]);
  expect(judged({}, { maxCpuRatio: 9.9 })).toEqual([[false, "not seen"]]);
});

test("memory is judged by its growth from the first horizon on", () => {
  const memory = Array.from({ length: 30 }, (_, i) => ({
    ...{ atMs: 10_000 * (i + 1), heapBytes: i < 5 ? i * 1e7 : 1e8 + i * 1e4, externalBytes: 0 },
    residentBytes: 2e8,
  }));

  const summary = summaryOf({ memory }, { maxMemoryGrowth: 0.1 });

  expect(summary.memory?.used.slope).toBeCloseTo(60_000, 0);
  expect(summary.judgements.map(({ isMet, seen }) => [isMet, seen])).toEqual([[true, "0.06 %"]]);
  expect(textReport(summary).find((line) => line.startsWith("in use"))).toContain(": grows");
  expect(textReport(summary).find((line) => line.startsWith("resident"))).toContain("no growth");
});

test("the text names every threshold with what was asked and seen", () => {
  const lines = textReport(summaryOf({}, { maxErrorRate: 0, maxP95Ms: 50, maxLagMs: 1000 }));

  expect(lines.slice(-3)).toEqual([
    "met: error rate at most 0.00 %, seen 0.00 %",
    "MISSED: put to acknowledged, p95 at most 50 ms, seen 100 ms",
    "met: lag at most 1000 ms, seen 10 ms",
  ]);
});

test("the page says what the text says, asks nobody for anything and runs nothing", () => {
  const page = reportPage(summaryOf({}, { maxP95Ms: 50 }));

  expect(page).toContain("A threshold is missed");
  expect(page).toContain("at most 50 ms");
  expect(page.match(/<svg/g)).toHaveLength(6);
  expect(page).not.toMatch(/<script|<link|<img|src=|href=|url\(|@import/);
});

test("what a target said stands in the page as text", () => {
  const page = reportPage(summaryOf({ reasons: new Map([['<b>"no" & no</b>', 3]]) }));

  expect(page).toContain("&lt;b&gt;&quot;no&quot; &amp; no&lt;/b&gt;");
  expect(page).not.toContain("<b>");
});

test("lines stay within their plot", () => {
  const page = reportPage(summaryOf({}));

  const places = [...page.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
  expect(places.length).toBeGreaterThan(50);
  for (const [x = -1, y = -1] of places) {
    expect(x).toBeGreaterThanOrEqual(58);
    expect(x).toBeLessThanOrEqual(426.1);
    expect(y).toBeGreaterThanOrEqual(12);
    expect(y).toBeLessThanOrEqual(210);
  }
});

test("a run of which nothing is known but its puts has a page too", () => {
  const { pushed } = aResult();
  pushed.clear();
  const samples = [
    aSample({
      consumed: undefined,
      lagMs: undefined,
      uncountedMs: undefined,
      targetCpuMs: undefined,
      residentBytes: undefined,
    }),
  ];

  const page = reportPage(summaryOf({ pushed, samples, missing: undefined }));

  expect(page).toContain("Nothing was measured.");
  expect(page).not.toContain("NaN");
});
