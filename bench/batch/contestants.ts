import { readFileSync } from "node:fs";
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

/** Where `earworm analyze` wrote what it lists of a file: what its recount is compared with. */
const analyzedIn = (file: string, { songs, users }: Listed): string =>
  `${file}.analyzed-${songs}-${users}.json`;

/** `earworm analyze`: all three stages through stream, consumer and stores. */
const analyze = (name: string, ...options: readonly string[]): BatchContestant => ({
  name,
  async run(file, listed, nodeOptions = []) {
    const out = analyzedIn(file, listed);
    const users = Number.isFinite(listed.users) ? String(listed.users) : "all";
    const lists = ["--top", String(listed.songs), "--users", users, "--out", out];
    const used = await measureNode([...nodeOptions, earwormScript, "analyze", file, ...options, ...lists]);
    return { measured: used, answers: answersOfAnalyze(JSON.parse(readFileSync(out, "utf8"))) };
  },
});

/**
 * `earworm verify FILE`: the recount alone, without stream and stores. It finds every figure that `analyze` wrote of the file before,
 * or ends with 1, which fails the bench.
 */
export const recount: BatchContestant = {
  name: "earworm verify, the recount alone",
  async run(file, listed, nodeOptions = []) {
    const against = analyzedIn(file, listed);
    const used = await measureNode([...nodeOptions, earwormScript, "verify", file, "--against", against]);
    return { measured: used, answers: answersOfAnalyze(JSON.parse(readFileSync(against, "utf8"))) };
  },
};

const script = (name: string, path: string, ...options: readonly string[]): BatchContestant => ({
  name,
  async run(file, listed, nodeOptions = []) {
    const out = `${file}.answers.json`;
    const args = [file, out, ...listedArguments(listed), ...options];
    const used = await measureNode([...nodeOptions, scriptOf(path), ...args]);
    return { measured: used, answers: JSON.parse(readFileSync(out, "utf8")) };
  },
});

export const analyzeJson = analyze("earworm analyze, JSON blocks", "--blocks", "json");
export const analyzeColumnar = analyze("earworm analyze, columnar blocks", "--blocks", "columnar");
export const duckDbOneThread = script("DuckDB, 1 thread", "duckdb.ts", "1");
export const duckDbTwoThreads = script("DuckDB, 2 threads", "duckdb.ts", "2");
export const readlineMaps = script("Node, readline and Maps", "readline-maps.ts");

/** In the order of their first round: the recount compares with what `analyze` wrote. */
export const contestants: readonly BatchContestant[] = [
  analyzeColumnar,
  analyzeJson,
  recount,
  duckDbOneThread,
  duckDbTwoThreads,
  readlineMaps,
];
