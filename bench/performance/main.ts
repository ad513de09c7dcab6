/** Writes docs/performance.md and its pictures: runs the bench before, or takes the figures of a file. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { BenchResults, Curve } from "../harness/bench-case.ts";
import { readResults, resultsFile } from "../harness/results-file.ts";
import { targets } from "../targets.ts";
import { barPicture } from "./bar-picture.ts";
import { linePicture } from "./line-picture.ts";
import { renderPage } from "./page.ts";
import { sections } from "./sections.ts";

const page = join(import.meta.dirname, "../../docs/performance.md");
const biome = join(import.meta.dirname, "../../node_modules/.bin/biome");
const docs = join(import.meta.dirname, "../../docs");
const bench = join(import.meta.dirname, "../main.ts");

const options = new Command("npm run performance --")
  .description("Writes docs/performance.md: runs the bench, or draws what it found before.")
  .option("--from <file>", "figures of a run before, such as results/bench.json")
  .parse()
  .opts<{ readonly from?: string }>();

/** @throws Error where the bench fails: a page of half a run would say too little */
async function runBench(): Promise<string> {
  const child = spawn(process.execPath, [bench], { stdio: "inherit" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`the bench ended with ${code}`);
  return resultsFile(false);
}

/** Whether there is more than a point to draw, which a quick run may leave. */
const isLine = ({ lines }: Curve): boolean => lines.some(({ points }) => points.length > 1);

/** Draws every picture; returns their files by id, relative to the page. */
function writePictures(results: BenchResults): ReadonlyMap<string, string> {
  const written = new Map<string, string>();
  mkdirSync(join(docs, "images"), { recursive: true });
  const write = (id: string, svg: string): void => {
    const file = `images/performance-${id}.svg`;
    writeFileSync(join(docs, file), svg);
    written.set(id, file);
  };
  for (const { curves, bars } of Object.values(results)) {
    for (const curve of curves) if (isLine(curve)) write(curve.id, linePicture(curve));
    for (const each of bars) write(each.id, barPicture(each));
  }
  return written;
}

const results = readResults(options.from ?? (await runBench()));
if (Object.keys(results).length === 0) {
  console.error(`error: there are no figures in ${options.from}`);
  process.exitCode = 1;
} else {
  writeFileSync(page, renderPage(results, sections, targets, writePictures(results)));
  execFileSync(biome, ["format", "--write", page]);
}
