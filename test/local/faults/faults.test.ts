import { describe, expect, test } from "vitest";
import { largeRun, playScenarios, Tally } from "./harness.ts";
import { openMemory, openSqliteStores } from "./run-stores.ts";
import { faultRuns, faultSeed, faultTimeoutMs, runsForAllFaults } from "./settings.ts";

describe("every play counts once, whatever goes wrong", { timeout: faultTimeoutMs }, () => {
  const tally = new Tally();
  const half = Math.ceil(faultRuns / 2);

  test("over stores in memory", async () => {
    const property = { runs: half, seed: faultSeed, size: largeRun };

    await playScenarios({ open: openMemory, tally }, property);

    expect(tally.errors).toBe(0);
  });

  test("over SQLite", async () => {
    const property = { runs: half, seed: faultSeed + 1, size: largeRun };

    await playScenarios({ open: openSqliteStores, tally }, property);

    expect(tally.errors).toBe(0);
  });

  test.skipIf(faultRuns < runsForAllFaults)("and everything that can go wrong did", () => {
    expect(tally.runs).toBe(2 * half);
    expect(tally.faults.missing).toEqual([]);
  });
});
