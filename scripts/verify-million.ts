/**
 * Analyses a million invented plays with several shard counts and ticks, recounts the file with the plainest code there is
 * (nothing of the pipeline's), and compares every figure and every list, order included. Exit code 1 on any difference.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { integerOption } from "#cli/options.ts";
import { type Measured, measureNode } from "#test/support/measured-process.ts";
import { type CsvRecount, recountCsv } from "#test/support/recount-csv.ts";
import { earwormScript, simulateCsv } from "#test/support/simulated-csv.ts";

/** As many as `analyze` lists. */
const listed = 500;
const mostDifferences = 20;

interface Run {
  readonly shards: number;
  /** ms; undefined for the default. */
  readonly tick?: number;
}

const runs: readonly Run[] = [{ shards: 1 }, { shards: 2, tick: 1000 }, { shards: 8, tick: 250 }];

/** The paths at which two values differ; the keys of objects in their order. */
function* differences(expected: unknown, actual: unknown, path = ""): IterableIterator<string> {
  if (!(isObject(expected) && isObject(actual))) {
    if (expected !== actual)
      yield `${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
    return;
  }
  const keys = [Object.keys(expected), Object.keys(actual)] as const;
  const misplaced = keys[0].findIndex((key, i) => key !== keys[1][i]);
  if (misplaced !== -1 || keys[0].length !== keys[1].length) {
    const at = misplaced === -1 ? keys[0].length : misplaced;
    yield `${path}: ${keys[0].length} and ${keys[1].length} keys, from ${keys[0][at]} and ${keys[1][at]} on`;
  }
  for (const key of keys[0]) yield* differences(expected[key], actual[key], `${path}/${key}`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const seconds = (value: number): string => `${value.toFixed(2)} s`;

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  console.log(`${name.padEnd(44)} ${seconds((performance.now() - startedAt) / 1000).padStart(10)}`);
  return result;
}

/** Runs `analyze` and returns what it wrote, without the times. */
async function analyze(file: string, { shards, tick }: Run): Promise<[string, Measured, number]> {
  const out = `${file}.${shards}.json`;
  const options = ["--users", "all", "--top", String(listed), "--shards", String(shards), "--out", out];
  const ticks = tick ? ["--tick", String(tick)] : [];
  const measured = await measureNode([earwormScript, "analyze", file, ...options, ...ticks]);
  const json = readFileSync(out, "utf8");
  const { total_workflow_time } = JSON.parse(json).performance;
  return [withoutTimes(json), measured, total_workflow_time];
}

/** The text as it is, but for the time stamp's and the times' values. */
const withoutTimes = (json: string): string =>
  json
    .replace(/^( {2}"timestamp": )".*"/m, '$1""')
    .replace(/^( {4}"(mapreduce|userbehavior|recommendation|total_workflow)_time": )[\d.e-]+/gm, "$10");

const nameOfRun = ({ shards, tick }: Run): string => `${shards} shards, tick ${tick ?? "default"}`;

const load = new Command("npm run verify:million --")
  .description("A million invented plays at several shard counts and ticks, against an independent recount.")
  .option("--plays <n>", "", integerOption(1), 1_000_000)
  .option("--users <n>", "listeners to choose from", integerOption(1), 100_000)
  .option("--songs <n>", "songs to choose from", integerOption(1), 100_000)
  .option("--seed <n>", "the same seed makes the same plays", integerOption(0), 1)
  .parse()
  .opts<{ readonly plays: number; readonly users: number; readonly songs: number; readonly seed: number }>();

async function verify(dir: string): Promise<boolean> {
  const file = join(dir, "plays.csv");
  await step("simulate", () => simulateCsv(file, load));
  console.log(`${statSync(file).size} bytes`);
  const expected = await step("recount", () =>
    Promise.resolve(recountCsv(readFileSync(file, "utf8"), listed)),
  );

  const table: object[] = [];
  const texts: string[] = [];
  let isRight = true;
  for (const run of runs) {
    const name = nameOfRun(run);
    const [json, measured, analysed] = await step(`analyze: ${name}`, () => analyze(file, run));
    texts.push(json);
    const figures: CsvRecount & Record<string, unknown> = JSON.parse(json);
    const found = Object.entries(expected).flatMap(([key, value]) => [
      ...differences(value, figures[key], key),
    ]);
    for (const difference of found.slice(0, mostDifferences)) console.error(`${name}: ${difference}`);
    if (json !== texts[0])
      console.error(`${name}: the figures are not those of ${nameOfRun(runs[0] ?? run)}`);
    const isSame = found.length === 0 && json === texts[0];
    isRight &&= isSame;
    table.push({
      run: name,
      "wall s": Number(measured.seconds.toFixed(2)),
      "plays/s": Math.round(load.plays / measured.seconds),
      "in the pipeline s": analysed,
      "user CPU s": Number(measured.cpuSeconds.user.toFixed(2)),
      "system CPU s": Number(measured.cpuSeconds.system.toFixed(2)),
      "peak RSS MB": Math.round(measured.peakBytes / 2 ** 20),
      exact: isSame,
    });
  }
  console.table(table);
  const { count_keys } = expected.mapreduce_results;
  const { num_users } = expected.userbehavior_results;
  console.log(
    `${load.plays} plays, ${count_keys} songs, ${num_users} listeners: ${isRight ? "exact" : "WRONG"}`,
  );
  return isRight;
}

const dir = mkdtempSync(join(tmpdir(), "earworm-million-"));
try {
  process.exitCode = (await verify(dir)) ? 0 : 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
