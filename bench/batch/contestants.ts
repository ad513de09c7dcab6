import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Measured, measureNode } from "#test/support/measured-process.ts";
import { earwormScript } from "#test/support/simulated-csv.ts";
import { type Answers, answersOfAnalyze, type Listed } from "./answers.ts";

/** Someone who answers what a file of plays holds, as a process of its own. */
export interface BatchContestant {
  readonly name: string;
  /** Runs it and measures the whole process. @param options Node's own */
  run(file: string, listed: Listed, options?: readonly string[]): Promise<BatchSample>;
}

export interface BatchSample {
  readonly measured: Measured;
  readonly answers: Answers;
}

const scriptOf = (name: string): string => join(import.meta.dirname, name);
const listedArguments = ({ songs, users }: Listed): readonly string[] => [String(songs), String(users)];

async function measured(
  args: readonly string[],
  out: string,
  read: (json: never) => Answers,
): Promise<BatchSample> {
  const used = await measureNode(args);
  const answers = read(JSON.parse(readFileSync(out, "utf8")) as never);
  rmSync(out);
  return { measured: used, answers };
}

/** `earworm analyze`: all three stages through stream, consumer and stores. */
const analyze = (name: string, ...options: readonly string[]): BatchContestant => ({
  name,
  run(file, { songs, users }, nodeOptions = []) {
    const out = `${file}.answers.json`;
    const all = Number.isFinite(users) ? String(users) : "all";
    const listed = ["--top", String(songs), "--users", all, "--out", out];
    return measured(
      [...nodeOptions, earwormScript, "analyze", file, ...options, ...listed],
      out,
      answersOfAnalyze,
    );
  },
});

const script = (name: string, path: string, ...options: readonly string[]): BatchContestant => ({
  name,
  run(file, listed, nodeOptions = []) {
    const out = `${file}.answers.json`;
    const args = [file, out, ...listedArguments(listed), ...options];
    return measured([...nodeOptions, scriptOf(path), ...args], out, (answers) => answers);
  },
});

export const analyzeByDefault = analyze("earworm analyze");
export const analyzeJson = analyze("earworm analyze, JSON blocks");
export const duckDbOneThread = script("DuckDB, 1 thread", "duckdb.ts", "1");
export const duckDbTwoThreads = script("DuckDB, 2 threads", "duckdb.ts", "2");
export const readlineMaps = script("Node, readline and Maps", "readline-maps.ts");

export const contestants: readonly BatchContestant[] = [
  analyzeJson,
  duckDbOneThread,
  duckDbTwoThreads,
  readlineMaps,
];
