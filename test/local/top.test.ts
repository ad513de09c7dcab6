import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { Runtime } from "#local/runtime.ts";
import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import { runEarworm } from "#test/support/earworm-process.ts";
import { until } from "#test/support/until.ts";

const executable = join(import.meta.dirname, "../../bin/earworm.mjs");

let dir = "";
let runtime: Runtime;
let url = "";

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "earworm-top-"));
  runtime = await Runtime.start({
    ...{ dataDir: dir, port: 0, kinesisPort: 0, shards: 1, tickMs: 50, fsync: false },
    ...{ simulate: 100, logger: new MemoryLogger() },
  });
  url = `ws://127.0.0.1:${runtime.port}/ws`;
});

afterEach(async () => {
  await runtime.close();
  rmSync(dir, { recursive: true });
});

/** A process whose output is a pipe, and what it has said so far. */
function spawnTop(...args: string[]): { readonly child: ChildProcess; readonly said: () => string } {
  const child = spawn(process.execPath, [executable, "top", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (said += String(chunk)));
  return { child, said: () => said };
}

async function hasCharts(): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${runtime.port}/charts/artists?window=all`);
  const { entries } = (await response.json()) as { entries: object[] };
  return entries.length >= 5;
}

describe("earworm top", () => {
  test("--once prints one chart and ends", async () => {
    await until("a chart", hasCharts);

    const { code, stdout, stderr } = await runEarworm([
      ...["top", "artists", "--window", "all", "--limit", "5", "--once", "--url", url],
    ]);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(9);
    expect(lines[0]).toMatch(/^artists, all: \d+ in the chart {2}\(live\)$/);
    expect(lines[1]).toMatch(/^as of \d\d:\d\d:\d\d UTC, \d+ s ago, epoch \d+, [\d,]+ plays in all$/);
    expect(lines.slice(4).map((line) => line.trim().split(/\s+/)[0])).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("in a pipe it follows line by line, until it is interrupted", async () => {
    const { child, said } = spawnTop("--window", "day", "--url", url);
    await until("changes", async () => (said().match(/^\d\d:\d\d:\d\d +\d+ /gm) ?? []).length >= 3, 20_000);

    child.kill("SIGINT");
    const [code] = await once(child, "exit");

    expect(code).toBe(0);
    expect(said()).not.toContain("\u001b");
  });

  test("a server that goes away is waited for", async () => {
    const { child, said } = spawnTop("--window", "all", "--url", url);
    await until("a chart", async () => said().includes("in the chart"), 20_000);
    const port = runtime.port;
    await runtime.close();
    runtime = await Runtime.start({
      ...{ dataDir: dir, port, kinesisPort: 0, shards: 1, tickMs: 50, fsync: false },
      ...{ simulate: 100, logger: new MemoryLogger() },
    });
    const before = said().length;

    await until("further changes", async () => said().length > before, 20_000);

    expect(child.exitCode).toBeNull();
  });

  test("without a server it says so in one line", async () => {
    const { code, stdout, stderr } = await runEarworm(["top", "--url", "ws://127.0.0.1:1/ws"]);

    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(
      "error: no answer from ws://127.0.0.1:1/ws: is earworm running there? (npm run dev)\n",
    );
  });
});
