import { describe, expect, test } from "vitest";
import { archiveBillOf } from "../../../bench/cost/archive.ts";
import { playsPerBatch } from "../../../bench/cost/archived-batch.ts";
import { billOf, naiveBillOf, totalDollars } from "../../../bench/cost/bill.ts";
import { tracesOf } from "../../../bench/cost/charges.ts";
import { dollars, table, units } from "../../../bench/cost/markdown.ts";
import {
  type CellMeasure,
  notInvoked,
  type StageMeasure,
  type StageName,
  stageNames,
  type Work,
} from "../../../bench/cost/measure.ts";
import { type Kind, kindOf, mapUsage, noUsage, type Usage } from "../../../bench/cost/meter.ts";
import type { NaiveMeasure } from "../../../bench/cost/naive-consumer.ts";
import { renderReport } from "../../../bench/cost/report.ts";
import type { Results } from "../../../bench/cost/results.ts";
import {
  type CpuRates,
  cpuRatesOf,
  epochSeconds,
  foldingEpochSeconds,
  keepsUp,
  stageSeconds,
} from "../../../bench/cost/stage-time.ts";
import { verifyRunOf } from "../../../bench/cost/verify.ts";

const usageOf = (kind: Kind, writeUnits: number, readUnits = 0, requests = 1): Usage =>
  mapUsage(noUsage(), (none, each) => (each === kind ? { writeUnits, readUnits, requests } : none));

const someWork = (things: number): Work => ({ things, playsRead: 0, rounds: 2 });

const aStage = (overrides: Partial<StageMeasure> = {}): StageMeasure => ({
  invocations: 1,
  usage: noUsage(),
  cpuMs: 10,
  work: someWork(30),
  longest: someWork(30),
  logBytes: 0,
  metrics: [],
  ...overrides,
});

function aCell(
  overrides: Partial<CellMeasure> = {},
  stages: Partial<CellMeasure["stages"]> = {},
): CellMeasure {
  return {
    options: {
      rate: 10,
      tickSeconds: 1,
      profileTickSeconds: 900,
      workers: { playsPerWorker: 20_000, maxWorkerPlays: 20_000, maxWorkers: 16 },
      shards: 4,
      ageDays: 28,
      sampleSize: 300,
      seed: 1,
    },
    plays: 10,
    playBytes: 500,
    workers: 1,
    folds: { plays: 10, parts: 1, workers: [1], epochs: 1 },
    readMs: {},
    keys: {
      songs: { count: 10, metered: 10 },
      artists: { count: 10, metered: 10 },
      dimensions: { count: 10, metered: 10 },
      profiles: { count: 10, metered: 10 },
    },
    idleRun: noUsage(),
    archive: { plays: 150, bytes: 15_000, logBytes: 1000, metrics: ["ArchivedRecords"] },
    countersBytes: 1_000_000,
    profileBytes: 3 * 1024,
    stages: {
      ...(Object.fromEntries(stageNames.map((name) => [name, aStage()])) as CellMeasure["stages"]),
      ...{ charts: notInvoked, listeners: notInvoked },
      ...stages,
    },
    ...overrides,
  };
}

const noRates = Object.fromEntries(
  stageNames.map((name) => [name, { base: 0, each: 0 }]),
) as unknown as CpuRates;
const ratesWith = (stage: StageName, each: number): CpuRates => ({ ...noRates, [stage]: { base: 0, each } });
const aNaive: NaiveMeasure = { plays: 10, usage: usageOf("songs", 90), rounds: 10, cpuMs: 50 };

describe("a bill", () => {
  test("a million plays of 10 units each cost 10 million write units", () => {
    const bill = billOf(aCell({}, { reduce: aStage({ usage: usageOf("songs", 100) }) }), noRates);

    expect(bill["DynamoDB writes"]).toBeCloseTo(6.25, 10);
  });

  test("what a run in vain writes is added once a minute", () => {
    const bill = billOf(aCell({ idleRun: usageOf("epochs", 6) }), noRates);

    expect(bill["DynamoDB writes"]).toBeCloseTo((100_000 / 60) * 6 * 0.625e-6, 10);
  });

  test("the naive consumer pays 9 units a play, whatever the tick", () => {
    const long = aCell({ options: { ...aCell().options, tickSeconds: 60 }, plays: 600 });

    expect(naiveBillOf(aCell(), aNaive)["DynamoDB writes"]).toBeCloseTo(5.625, 10);
    expect(naiveBillOf(long, aNaive)["DynamoDB writes"]).toBeCloseTo(5.625, 10);
  });

  test("its total is the sum of its parts", () => {
    const bill = billOf(aCell(), noRates);

    expect(totalDollars(bill)).toBeCloseTo(
      Object.values(bill).reduce((sum, amount) => sum + amount, 0),
      10,
    );
  });
});

describe("the archive", () => {
  test("pays for each batch, for what it keeps, and for reading the stream once more", () => {
    const bill = archiveBillOf(aCell());

    const batches = 1_000_000 / 150;
    const gb = 1024 ** 3;
    const seconds = batches * 0.05 + (15 * 1769) / 512;
    expect(bill.puts).toBeCloseTo(batches * 5e-6, 10);
    expect(bill.storage).toBeCloseTo(((100 * 1_000_000) / gb) * 0.023, 10);
    expect(bill.reading).toBeCloseTo(((500 * 1_000_000) / gb) * 0.04, 10);
    expect(bill.lambda).toBeCloseTo(batches * 0.2e-6 + seconds * 0.5 * 0.000_013_333_4, 10);
    expect(bill.watching).toBeGreaterThan(batches * 5e-6); // every batch is traced: fewer than one a second
  });

  test("X-Ray takes the first batch of a second and a twentieth of the others", () => {
    expect(tracesOf(100, 50)).toBe(50);
    expect(tracesOf(100, 300)).toBe(110);
  });

  test("a batch is what arrives in a minute, or 6 MB, or one play", () => {
    expect(playsPerBatch(10, 4)).toBe(150);
    expect(playsPerBatch(1000, 4)).toBe(5200);
    expect(playsPerBatch(0.01, 4)).toBe(1);
  });
});

describe("a verification", () => {
  test("of everything recounts the plays of all days, object by object", () => {
    const run = verifyRunOf(aCell(), undefined);

    expect(run.plays).toBe(10 * 86_400 * 28);
    expect(run.objects).toBeCloseTo(run.plays / 150, 6);
    expect(run.seconds).toBeCloseTo(run.plays * 27e-6 + run.objects * 0.02, 6);
    expect(run.fits).toBe(false);
  });

  test("of one day does not depend on how long the service has run, but for what it scans", () => {
    const young = verifyRunOf(aCell({ options: { ...aCell().options, ageDays: 1 } }), 1);

    expect(verifyRunOf(aCell(), 1)).toEqual(young);
    expect(young.fits).toBe(true);
  });

  test("reads counters and profiles, each by a scan of both", () => {
    const { dollars: spent } = verifyRunOf(aCell(), 1);

    const bytes = 1_000_000 + 40_000 * 3 * 1024;
    const playsPerDay = 864_000;
    expect(spent.scans).toBeCloseTo(((2 * bytes) / 4096) * 0.125e-6 * (1_000_000 / playsPerDay), 10);
  });
});

describe("the time of a stage", () => {
  test("follows from a small and a large cell, of the steps after several workers from one that has them", () => {
    const large = aCell({}, { reduce: aStage({ cpuMs: 1010, work: someWork(1030) }) });
    const shared = aCell({}, { charts: aStage({ cpuMs: 7, invocations: 0.5 }) });

    const rates = cpuRatesOf(aCell(), large, shared);

    expect(rates.reduce).toEqual({ each: 1, base: 0 });
    expect(rates.charts).toEqual({ each: 0, base: 14 });
  });

  test("is CPU time, and 5 ms for each request that waits", () => {
    const waiting = 6 * 2 * 0.005;

    expect(epochSeconds(aCell(), noRates)).toBeCloseTo(waiting, 10);
    expect(epochSeconds(aCell(), ratesWith("reduce", 100))).toBeCloseTo(waiting + 3, 10);
  });

  test("of several workers is paid for all of them, and lasts as long as that of the one with most to do", () => {
    const reduce = aStage({
      invocations: 3,
      work: { things: 90, playsRead: 3000, rounds: 6 },
      longest: { things: 40, playsRead: 1000, rounds: 2 },
    });
    const cell = aCell({ readMs: { reduce: 1 } }, { reduce });

    expect(stageSeconds(cell, "reduce", ratesWith("reduce", 100))).toBeCloseTo(9 + 3 + 6 * 0.005, 10);
    expect(epochSeconds(cell, ratesWith("reduce", 100))).toBeCloseTo(4 + 1 + 6 * 2 * 0.005, 10);
  });

  test("of a fold counts in the epochs that have one", () => {
    const cell = aCell({ folds: { plays: 100, parts: 2, workers: [2], epochs: 10 } });
    const rates = ratesWith("user-behavior", 100);

    expect(foldingEpochSeconds(cell, rates)).toBeCloseTo(3 + 6 * 2 * 0.005, 10);
    expect(epochSeconds(cell, rates)).toBeCloseTo(0.3 + 5 * 2 * 0.005 + 0.1 * 0.01 + 0.9 * 0.005, 10);
  });

  test("workers keep up while epochs end within their tick", () => {
    expect(keepsUp(aCell(), noRates)).toBe(true);
    expect(keepsUp(aCell(), ratesWith("reduce", 100))).toBe(false);
  });

  test("a fold may take longer than a tick where others make up for it, but not longer than a stage may", () => {
    const cell = aCell({ folds: { plays: 1000, parts: 1, workers: [1], epochs: 100 } });

    expect(keepsUp(cell, ratesWith("user-behavior", 1000))).toBe(true); // 30 s of 100 s
    expect(keepsUp(cell, ratesWith("user-behavior", 2100))).toBe(false); // 63 s
  });

  test("an epoch that would be cut does not keep up", () => {
    expect(keepsUp(aCell({ plays: 960_001 }), noRates)).toBe(false);
  });
});

describe("the page", () => {
  const reduce = aStage({ usage: usageOf("lists", 100) });
  const results: Results = {
    date: "2026-11-21",
    cells: [
      aCell({}, { reduce }),
      aCell({ options: { ...aCell().options, rate: 1000 }, plays: 1000 }, { reduce }),
    ],
    rates: noRates,
    naiveTotals: aNaive,
    naiveWindows: { ...aNaive, usage: usageOf("songs", 150) },
    full: aCell(),
    sampled: aCell(),
    ages: [aCell()],
    manyShards: aCell(),
    oneShard: aCell(),
    playsPerBlock: 80,
    blockBytes: 10_000,
    sendCpuSeconds: 0.001,
  };

  test("says what viewers cost: minutes, a message a tick, the bytes, and from where on the quota does not do", () => {
    const page = renderReport(results);

    // 1,000 viewers at 10 s: 60,000 minutes and 360,000 messages an hour.
    const gateway = (60_000 * 0.25 + 360_000) / 1e6;
    expect(page).toContain(`| 1,000 | 10 s | 100 | within | 0.100 | ${gateway.toFixed(2)} |`);
    expect(page).toContain("| 100,000 | 1 s | 100,000 | 10.0 x | 100 |");
    expect(page).toContain("with 1,000 viewers in 1 s, with 5,000 in 5 s, with 10,000 in 10 s");
  });

  test("has a row for every cell, and the units of both naive consumers", () => {
    const page = renderReport(results);

    expect(page).toMatch(/^\| 10 \| 1 s \|/m);
    expect(page).toMatch(/^\| 1,000 \| 1 s \|/m);
    expect(page).toMatch(/^\| totals \| 9\.00 \|/m);
    expect(page).toMatch(/by hour, day and week \| 15\.0 \|/);
  });

  test("says which workers a row has, and what an operator has to set for it", () => {
    const options = { ...aCell().options, rate: 16_000, tickSeconds: 60 };
    const workers = { playsPerWorker: 20_000, maxWorkerPlays: 24_000, maxWorkers: 40 };
    const folds = { plays: 1_920_000, parts: 80, workers: [40, 40], epochs: 2 };
    const large = aCell({ options: { ...options, workers }, workers: 40, folds, readMs: { reduce: 0.004 } });

    const page = renderReport({ ...results, cells: [...results.cells, large] });

    expect(page).toContain("| 16,000 | 60 s | 40, 40 |");
    expect(page).toContain("`maxWorkers` 40 and `maxWorkerPlays` 24,000, which an operator has to set");
    expect(page).toContain("40, 40 of 2");
    expect(renderReport(results)).toContain("No row needs others.");
  });

  test("says nothing that was not measured", () => {
    expect(renderReport(results)).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("is the same for the same results", () => {
    expect(renderReport(results)).toBe(renderReport(results));
  });

  test("has numbers on the right of a table", () => {
    expect(table(["a", "b"], [["x", "1"]])).toBe("| a | b |\n| --- | ---: |\n| x | 1 |");
  });

  test.each([
    [0, "0"],
    [0.004_21, "0.0042"],
    [6.449, "6.4"],
    [32.9, "33"],
    [1234, "1,234"],
  ])("%f dollars are written %s", (amount, text) => {
    expect(dollars(amount)).toBe(text);
  });

  test("units have three digits", () => {
    expect([0.1034, 5, 14.78, 250].map(units)).toEqual(["0.103", "5.00", "14.8", "250"]);
  });
});

test.each([
  ["SEG#plays/shardId-0", "segments"],
  ["HEAD", "segments"],
  ["ALL", "dimensions"],
  ["CHART#songs#all", "lists"],
  ["SHARE#counters#3", "lists"],
  ["USER#u", "profiles"],
  ["WHATEVER", "other"],
] as const)("the item %s belongs to %s", (pk, kind) => {
  expect(kindOf(pk)).toBe(kind);
});
