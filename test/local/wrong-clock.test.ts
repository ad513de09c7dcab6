import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DevBench } from "#test/support/dev-bench.ts";
import type { DevProcess, Launch } from "#test/support/earworm-process.ts";
import { expectExactCounts } from "#test/support/exact-counts.ts";
import { preload } from "#test/support/preload.ts";
import { until } from "#test/support/until.ts";

const seed = 20_261_121;
const timeout = 90_000;
const minuteMs = 60_000;

let bench: DevBench;

beforeEach(() => {
  bench = new DevBench();
  setClock(0);
});

afterEach(() => bench.end());

const clockFile = () => join(bench.dir, "clock");

/** Makes the clock of started processes differ from the machine's, at once. */
function setClock(offsetMs: number): void {
  const next = `${clockFile()}.next`;
  writeFileSync(next, String(offsetMs));
  renameSync(next, clockFile()); // nobody reads half of it
}

const shifted = (): Launch => preload("shifted-clock", { EARWORM_CLOCK_FILE: clockFile() });

const warnings = ({ stderr }: DevProcess) =>
  stderr.split("\n").filter((line) => line.includes(" warn the clock "));

describe("a clock that is moved while the process runs", () => {
  test.each([
    ["back", [-45 * minuteMs]],
    ["back again and again", [-5 * minuteMs, -10 * minuteMs, -30 * minuteMs]],
    ["ahead, and then back", [5 * minuteMs, -5 * minuteMs]],
  ])("loses and doubles nothing, and is told of once: %s", { timeout }, async (_, offsets) => {
    const dev = await bench.start([], shifted());
    const producer = bench.produce(dev, seed);
    await producer.acknowledges(1000);

    for (const offset of offsets) {
      setClock(offset);
      await producer.acknowledges(1000);
      producer.repeatNext();
      await producer.acknowledges(1000);
    }
    await producer.finish();

    expect(producer.repeated).toBeGreaterThan(0);
    await expectExactCounts(dev, producer);
    await bench.verify();
    await until("a warning", () => Promise.resolve(warnings(dev).length > 0));
    expect(warnings(dev)).toEqual([expect.stringContaining("is behind this data directory")]);
    expect(dev.stderr.split("\n").filter((line) => line.includes(" error "))).toEqual([]);
    expect(await dev.end("SIGTERM")).toEqual({ code: 0, signal: null });
  });
});

describe("a clock that is moved between two starts", () => {
  test.each([
    ["back", [0, -45 * minuteMs]],
    ["ahead, and then back", [0, 5 * minuteMs, -5 * minuteMs]],
  ])("loses and doubles nothing, and is told of once a start: %s", { timeout }, async (_, offsets) => {
    const [first = 0, ...others] = offsets;
    setClock(first);
    let dev = await bench.start([], shifted());
    const producer = bench.produce(dev, seed + 1);
    await producer.acknowledges(1000);
    for (const offset of others) {
      await dev.end("SIGKILL");
      setClock(offset);
      dev = await bench.start([], shifted());
      producer.redirect(dev);
      await producer.acknowledges(1000);
    }
    await producer.finish();

    expect(producer.repeated).toBeGreaterThan(0);
    await expectExactCounts(dev, producer);
    await bench.verify();
    expect(warnings(dev)).toEqual([expect.stringContaining("is behind this data directory")]);
  });
});
