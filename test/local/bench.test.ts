import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createBatchCase } from "../../bench/batch/batch-case.ts";
import { contestants } from "../../bench/batch/contestants.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "earworm-bench-test-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

test("a small batch goes through every contestant, who agree, and is measured", {
  timeout: 240_000,
}, async () => {
  const small = createBatchCase([{ rows: 3000, rounds: { warmUp: 0, measured: 1 } }]);

  const { tables, ratios, profiles } = await small.run({ isQuick: true, dir, say: () => undefined });

  expect(tables[0]?.rows.map(([rows, name]) => [rows, name])).toEqual(
    contestants.map(({ name }) => [3000, name]),
  );
  const cpuSeconds = tables[0]?.rows.map((row) => row[2]) ?? [];
  for (const seconds of cpuSeconds) expect(seconds).toBeGreaterThan(0.02); // Node's start alone
  for (const ratio of Object.values(ratios)) expect(ratio).toBeGreaterThan(0);
  const shares = profiles[0]?.shares ?? [];
  expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
});

test("a case that there is not is refused, with those that there are", async () => {
  const script = join(import.meta.dirname, "../../bench/main.ts");

  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(process.execPath, [script, "--only", "nothing"], (error, _stdout, told) =>
      resolve({ code: error?.code, stderr: told }),
    );
  });

  expect(code).toBe(1);
  expect(stderr).toMatch(/There is no case nothing; there are batch, /);
});
