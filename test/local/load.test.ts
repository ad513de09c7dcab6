import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import type { LoadSummary } from "#bench/load/summary.ts";

const dir = mkdtempSync(join(tmpdir(), "earworm-load-test-"));
afterAll(() => rmSync(dir, { recursive: true }));

const script = join(import.meta.dirname, "../../bench/load/main.ts");

async function runLoad(...args: readonly string[]) {
  const child = spawn(process.execPath, [script, "--out", join(dir, "load"), ...args]);
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await exited, stdout, stderr };
}

const summary = (): LoadSummary => JSON.parse(readFileSync(join(dir, "load.json"), "utf8"));

/** On a machine that others use as well. */
const generous = ["--max-p95", "30000", "--max-lag", "30000"];

test("a load of three seconds is counted to the last play, and says how long that took", async () => {
  const { code, stdout } = await runLoad(
    "--profile",
    "ramp",
    "--rate",
    "400",
    "--duration",
    "3s",
    ...generous,
  );

  expect(stdout).toContain("met: error rate");
  expect(code).toBe(0);
  const { plays, missing, acknowledged, pushed, samples, longestLagMs } = summary();
  expect(plays).toEqual({ due: 768, acknowledged: 768, failed: 0, dropped: 0 });
  expect(missing).toBe(0);
  expect(acknowledged.count).toBe(768);
  expect(pushed?.count).toBe(768);
  expect(pushed?.p50Ms).toBeGreaterThan(acknowledged.p50Ms);
  expect(longestLagMs).toBeGreaterThanOrEqual(0);
  expect(samples.length).toBeGreaterThanOrEqual(2);
  expect(readFileSync(join(dir, "load.html"), "utf8")).toContain("Every threshold is met");
});

test("a threshold that is missed is named, and the exit code is 1", async () => {
  const { code, stdout } = await runLoad(
    "--profile",
    "soak",
    "--rate",
    "50",
    "--duration",
    "2s",
    "--max-p95",
    "0.001",
  );

  expect(code).toBe(1);
  expect(stdout).toMatch(/MISSED: put to acknowledged, p95 at most 0\.0 ms, seen [\d.]+ ms/);
});

test("a target that nobody answers for is errors, each with its reason", async () => {
  const { code, stdout } = await runLoad(
    ...["--profile", "soak", "--rate", "20", "--duration", "1s", "--endpoint", "http://127.0.0.1:1"],
  );

  expect(code).toBe(1);
  expect(stdout).toContain("ECONNREFUSED");
  expect(summary().plays).toEqual({ due: 20, acknowledged: 0, failed: 20, dropped: 0 });
});

test.each([
  ["no profile", []],
  ["an unknown profile", ["--profile", "storm"]],
  [
    "an option of the embedded runtime beside an endpoint",
    ["--profile", "soak", "--endpoint", "aws", "--tick", "100"],
  ],
  ["a lag that nobody can tell", ["--profile", "soak", "--endpoint", "aws", "--max-lag", "100"]],
  ["a share above 1", ["--profile", "soak", "--max-error-rate", "5"]],
])("wrong usage is exit code 2: %s", async (_, args) => {
  const { code, stderr } = await runLoad(...args);

  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: /);
});
