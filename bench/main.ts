/**
 * Measures Earworm beside its peers, case by case: prints the tables, and writes the figures as JSON. `--check` exits 1 and names
 * each figure that misses what is asked of it (`targets.ts`).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { cases } from "./cases.ts";
import type { BenchCase, BenchResults, CaseResult } from "./harness/bench-case.ts";
import { askedOf, type Judged, judge, missedLines, seenText } from "./harness/check.ts";
import { machineOf, stampNow } from "./harness/machine.ts";
import { printedTable } from "./harness/result-table.ts";
import { readResults, resultsFile, writeResults } from "./harness/results-file.ts";
import { targets } from "./targets.ts";

interface Options {
  readonly only: readonly BenchCase[];
  readonly quick: boolean;
  readonly check: boolean;
  readonly out?: string;
}

const names = cases.map(({ name }) => name).join(", ");

function caseOption(name: string, before: readonly BenchCase[]): readonly BenchCase[] {
  const found = cases.find((each) => each.name === name);
  if (found === undefined) throw new InvalidArgumentError(`There is no case ${name}; there are ${names}.`);
  return [...before, found];
}

const options: Options = new Command("npm run bench --")
  .description("Measures Earworm beside its peers.")
  .option<readonly BenchCase[]>("--only <case>", `one case, may be repeated: ${names}`, caseOption, [])
  .option("--quick", "less work and fewer repetitions: a few minutes, and no figures to quote", false)
  .option("--check", "exit 1 where a figure misses what is asked of it, and name each", false)
  .option("--out <file>", "where the figures go as JSON; other cases in it stay (default: in results/)")
  .addHelpText(
    "after",
    `\nCases:\n${cases.map(({ name, about }) => `  ${name.padEnd(10)}${about}`).join("\n")}`,
  )
  .parse()
  .opts();

async function run({ name, run: measure }: BenchCase, dir: string): Promise<CaseResult> {
  const stamp = stampNow();
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const say = (text: string): void => console.error(`${name}, ${seconds().toFixed(0)} s: ${text}`);
  const figures = await measure({ isQuick: options.quick, dir, say });
  return { stamp, isQuick: options.quick, seconds: seconds(), ...figures };
}

function report(name: string, result: CaseResult): void {
  console.log(`\n${name}: ${result.seconds.toFixed(0)} s${result.isQuick ? ", a quick run" : ""}`);
  for (const table of result.tables) console.log(`\n${printedTable(table).join("\n")}`);
  for (const { of, shares } of result.profiles) {
    const listed = shares.map(({ what, share }) => `${(share * 100).toFixed(0)} % ${what}`);
    console.log(`\nCPU time of ${of}: ${listed.join(", ")}`);
  }
}

function reportTargets(judged: readonly Judged[]): void {
  const table = printedTable({
    title: "\nWhat is asked",
    columns: ["id", "what", "asked", "seen", ""].map((name) => ({ name, kind: "text" })),
    rows: judged.map(({ target, seen, isMet }) => [
      ...[target.id, target.what, askedOf(target), seenText(seen)],
      isMet ? "met" : "MISSED",
    ]),
  });
  console.log(table.join("\n"));
}

const dir = mkdtempSync(join(tmpdir(), "earworm-bench-"));
try {
  const out = options.out ?? resultsFile(options.quick);
  const found: Record<string, CaseResult> = {};
  console.log(machineOf(stampNow()));
  for (const each of options.only.length > 0 ? options.only : cases) {
    const result = await run(each, dir);
    found[each.name] = result;
    report(each.name, result);
    // After each case, so that one that fails costs none of the others.
    writeResults(out, { ...readResults(out), ...found } satisfies BenchResults);
  }
  const judged = judge(targets, found);
  if (judged.length > 0) reportTargets(judged);
  const missed = options.check ? missedLines(judged) : [];
  for (const line of missed) console.error(line);
  if (missed.length > 0) process.exitCode = 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
