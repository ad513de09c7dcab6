import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BenchResults } from "./bench-case.ts";

const results = join(import.meta.dirname, "../../results");

/** Where the figures go; those of a quick run never among those that are quoted. */
export const resultsFile = (isQuick: boolean): string =>
  join(results, isQuick ? "bench-quick.json" : "bench.json");

/** No case where there is no file. */
export const readResults = (file: string): BenchResults =>
  existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};

export function writeResults(file: string, all: BenchResults): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(all, undefined, 2)}\n`);
}
