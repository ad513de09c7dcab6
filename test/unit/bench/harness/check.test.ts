import { expect, test } from "vitest";
import type { CaseResult } from "../../../../bench/harness/bench-case.ts";
import { judge, missedLines, type Target } from "../../../../bench/harness/check.ts";

const targets: readonly Target[] = [
  { id: "fast", case: "batch", what: "rows per CPU-second", bound: { atLeast: 0.15 } },
  { id: "small", case: "batch", what: "peak memory", bound: { atMost: 1 } },
  { id: "other", case: "stores", what: "write units", bound: { atMost: 0.2 } },
];

const aResult = (ratios: Readonly<Record<string, number>>): CaseResult => ({
  stamp: { cpu: "", cores: 1, memoryGb: 1, node: "", os: "", at: "", commit: "" },
  ...{ isQuick: false, seconds: 1, tables: [], ratios, curves: [], bars: [], profiles: [], bounds: [] },
});

test("what is just reached is met, below and above", () => {
  const judged = judge(targets, { batch: aResult({ fast: 0.15, small: 1 }) });

  expect(judged.map(({ isMet }) => isMet)).toEqual([true, true]);
  expect(missedLines(judged)).toEqual([]);
});

test("each figure that is missed is named with what was asked and what was seen", () => {
  const judged = judge(targets, { batch: aResult({ fast: 0.1234, small: 1.5 }) });

  expect(missedLines(judged)).toEqual([
    "fast: rows per CPU-second: at least 0.15, seen 0.123",
    "small: peak memory: at most 1, seen 1.50",
  ]);
});

test("a case that did not measure what it should misses it", () => {
  const judged = judge(targets, { batch: aResult({ fast: Number.NaN }) });

  expect(missedLines(judged)).toEqual([
    "fast: rows per CPU-second: at least 0.15, seen NaN",
    "small: peak memory: at most 1, seen not measured",
  ]);
});

test("a quick run is judged by what it measured", () => {
  const judged = judge(targets, { batch: { ...aResult({ fast: 0.1 }), isQuick: true } });

  expect(judged.map(({ target, isMet }) => [target.id, isMet])).toEqual([["fast", false]]);
});

test("a case that did not run is not judged", () => {
  expect(judge(targets, {})).toEqual([]);
});
