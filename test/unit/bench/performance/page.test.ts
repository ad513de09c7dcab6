import { expect, test } from "vitest";
import { cases } from "../../../../bench/cases.ts";
import type { CaseResult } from "../../../../bench/harness/bench-case.ts";
import { barPicture } from "../../../../bench/performance/bar-picture.ts";
import { linePicture } from "../../../../bench/performance/line-picture.ts";
import { renderPage } from "../../../../bench/performance/page.ts";
import { sections } from "../../../../bench/performance/sections.ts";
import { targets } from "../../../../bench/targets.ts";

const aResult = (overrides: Partial<CaseResult> = {}): CaseResult => ({
  stamp: {
    ...{ cpu: "A processor", cores: 2, memoryGb: 24, node: "v24.0.0", os: "Linux 6" },
    ...{ at: "2026-11-27T12:00:00.000Z", commit: "abc1234" },
  },
  isQuick: false,
  seconds: 120,
  tables: [
    {
      title: "Rows",
      columns: [
        { name: "who", kind: "text" },
        { name: "rows", kind: "whole" },
      ],
      rows: [["us", 1234]],
    },
  ],
  ratios: { "consume-gzip": 123_456 },
  curves: [],
  bars: [{ id: "rate", title: "Rates", unit: "plays/s", bars: [{ name: "us", value: 1, isOurs: true }] }],
  profiles: [{ of: "the consumer", shares: [{ what: "src/wire/play-codec.ts", share: 0.4 }] }],
  bounds: ["Most of it is decoding."],
  ...overrides,
});

const render = (result: CaseResult): string =>
  renderPage({ consumer: result }, sections, targets, new Map([["rate", "images/performance-rate.svg"]]));

test("the page has the machine, the targets, the tables, the pictures and what bounds the figures", () => {
  const page = render(aResult());

  expect(page).toContain("on 2026-11-27 at commit abc1234 in 2 minutes: A processor, 2 cores, 24 GB");
  expect(page).toContain("at least 300,000 | 123,456 | **missed** |");
  expect(page).toContain("Missed: consume-gzip");
  expect(page).toContain("| us | 1,234 |");
  expect(page).toContain("![Rates](images/performance-rate.svg)");
  expect(page).toContain("- Most of it is decoding.");
  expect(page).toContain("| src/wire/play-codec.ts | 40 % |");
});

test("a quick run says that it is one, and a case that is missing is named", () => {
  const page = render(aResult({ isQuick: true }));

  expect(page).toContain("not to be quoted");
  expect(page).toMatch(/Not measured this time: .*batch/);
});

test("where all is met the page says so", () => {
  expect(render(aResult({ ratios: { "consume-gzip": 300_000 } }))).toContain("All 1 are met.");
});

test("every case has a section, and every target a case", () => {
  const names = cases.map(({ name }) => name);

  expect(sections.map(({ name }) => name).sort()).toEqual(names.toSorted());
  for (const target of targets) expect(names).toContain(target.case);
});

test("a picture has its axes, their units and its lines by name, and text cannot break it", () => {
  const svg = linePicture({
    id: "cpu",
    title: "CPU & memory",
    x: { label: "rows", isLogarithmic: true },
    y: { label: "CPU-seconds", isLogarithmic: false },
    lines: [
      {
        name: "<us>",
        points: [
          [1000, 1],
          [10_000, 9],
        ],
      },
    ],
  });

  for (const text of ["CPU &amp; memory", ">rows<", ">CPU-seconds<", "&lt;us&gt;", ">10,000<", ">10<"])
    expect(svg).toContain(text);
  expect(svg).not.toContain("NaN");
  expect(svg).toContain("prefers-color-scheme: dark");
});

test("bars have their names and figures, the longest first", () => {
  const svg = barPicture({
    ...{ id: "rate", title: "Rates", unit: "plays/s" },
    bars: [
      { name: "slow", value: 10, isOurs: false },
      { name: "fast", value: 45_678, isOurs: true },
    ],
  });

  expect(svg.indexOf("fast")).toBeLessThan(svg.indexOf("slow"));
  expect(svg).toContain(">45,678<");
});
