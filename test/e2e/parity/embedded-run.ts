import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AnalysisEngine } from "#cli/analysis-engine.ts";
import type { RunMetrics } from "#cli/run-metrics.ts";
import { openStores } from "#local/stores.ts";
import { runEarworm } from "#test/support/earworm-process.ts";
import type { RawRecord } from "../harness/deployed-system.ts";
import { type Published, readPublished } from "./published.ts";

/** Sends records through the engine of `earworm analyze`, and reads all that it published. */
export async function runEngine(records: readonly RawRecord[], folder: string): Promise<Published> {
  const dataDir = join(folder, "engine");
  mkdirSync(dataDir);
  const engine = new AnalysisEngine({ dataDir, shards: 1, tickMs: 60_000 });
  await engine.put(records.map(({ key, data }) => ({ partitionKey: key, data: Buffer.from(data) })));
  await engine.settle({ source: "-", rejectedLines: 0, top: 10, users: 10 });
  await engine.close();
  return await readEmbedded(dataDir);
}

/** Reads all that was published in a data directory. */
export async function readEmbedded(dataDir: string): Promise<Published> {
  const stores = openStores(dataDir, { survives: "process-kill" });
  try {
    const listeners = [...stores.profiles.mostActive(Number.POSITIVE_INFINITY)].map(({ userId }) => userId);
    return await readPublished(stores.publications, stores.profiles, {
      charts: chartKeys(dataDir),
      listeners,
    });
  } finally {
    stores.close();
  }
}

function chartKeys(dataDir: string): string[] {
  const db = new DatabaseSync(join(dataDir, "earworm.db"), { readOnly: true });
  try {
    const rows = db.prepare("SELECT key FROM publications WHERE key GLOB 'CHART#*'").all();
    return rows.map((row) => String(row["key"]));
  } finally {
    db.close();
  }
}

/** Runs `earworm analyze` as a process over the lines of a file, and returns what it wrote. */
export async function runAnalyze(lines: readonly string[], folder: string): Promise<RunMetrics> {
  const file = join(folder, "plays.ndjson");
  const out = join(folder, "metrics.json");
  writeFileSync(file, `${lines.join("\n")}\n`);
  const { code, stderr } = await runEarworm([
    "analyze",
    file,
    "--out",
    out,
    "--users",
    "all",
    "--top",
    "500",
  ]);
  if (code !== 0) throw new Error(`earworm analyze ended with ${code}: ${stderr}`);
  return JSON.parse(readFileSync(out, "utf8")) as RunMetrics;
}
