import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { type CsvFigures, figuresOf, type Lengths } from "#src/recount/csv-figures.ts";
import { CsvRecount, NoCsvError } from "#src/recount/csv-recount.ts";
import { isGzip } from "#src/wire/gzip.ts";
import { ByteSource } from "../byte-source.ts";
import { CliError, messageOf } from "../cli-error.ts";

/** How many songs and listeners are listed where there is nothing to compare with. */
const listed: Lengths = { songs: 10, users: 10, topUsers: 10 };
const mostDifferences = 20;
const chunkBytes = 256 * 1024;

/** What `earworm analyze` wrote, as far as it does not depend on the clock. */
interface Metrics extends CsvFigures {
  readonly timestamp: string;
}

/** @throws CliError where the file is no CSV of plays */
export async function recountFile(path: string): Promise<readonly string[]> {
  return JSON.stringify(figuresOf(await recount(path, Date.now()), listed), undefined, 2).split("\n");
}

/**
 * Recounts a CSV of plays and compares it with what `earworm analyze` wrote of it.
 *
 * @returns lines for the terminal, and how many figures differ
 * @throws CliError where one of the files is not what it should be
 */
export async function verifyFile(
  path: string,
  against: string,
): Promise<{ readonly lines: readonly string[]; readonly drift: number }> {
  const metrics = readMetrics(against);
  const figures = figuresOf(await recount(path, Date.parse(metrics.timestamp)), lengthsOf(metrics));
  let drift = 0;
  const lines: string[] = [];
  for (const name of Object.keys(figures) as (keyof CsvFigures)[]) {
    const found = [...differences(figures[name], metrics[name], name)];
    drift += found.length;
    lines.push(...found.slice(0, mostDifferences));
  }
  const { plays, rejected } = figures.input;
  lines.push(`drift ${drift}, of ${plays} plays and ${rejected} rejects in ${path}`);
  return { lines, drift };
}

/**
 * Reads a plain file into one buffer, again and again: 0.85 of the CPU time of a recount from a stream of buffers.
 *
 * @returns false, and nothing is taken, where the file is none, or packed
 * @throws CliError where it cannot be read to its end
 */
function pushFile(path: string, counted: CsvRecount): boolean {
  const file = openFile(path);
  if (file === undefined) return false;
  try {
    const buffer = new Uint8Array(chunkBytes);
    let length = readInto(buffer, file, path);
    if (isGzip(buffer.subarray(0, length))) return false;
    for (; length > 0; length = readInto(buffer, file, path)) counted.push(buffer.subarray(0, length));
    return true;
  } finally {
    closeSync(file);
  }
}

/** Undefined where there is no plain file to read; a pipe stays unopened, for its writer would lose its reader. */
function openFile(path: string): number | undefined {
  try {
    return path !== "-" && statSync(path).isFile() ? openSync(path, "r") : undefined;
  } catch {
    return undefined; // the stream says what is wrong
  }
}

function readInto(buffer: Uint8Array, file: number, path: string): number {
  try {
    return readSync(file, buffer);
  } catch (cause) {
    throw new CliError(`cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

async function recount(path: string, arrivedAt: number): Promise<CsvRecount> {
  const source = new ByteSource(path);
  const counted = new CsvRecount(arrivedAt);
  try {
    if (!pushFile(path, counted)) for await (const chunk of source.chunks()) counted.push(chunk);
    if (source.failure !== undefined)
      throw new CliError(`${source.path} is not all there (${source.failure.reason})`);
    counted.end();
    return counted;
  } catch (cause) {
    if (cause instanceof NoCsvError)
      throw new CliError(`${source.path} is no CSV of plays: ${cause.message}`, { cause });
    throw cause;
  }
}

function readMetrics(path: string): Metrics {
  try {
    const metrics = JSON.parse(readFileSync(path, "utf8")) as Metrics;
    lengthsOf(metrics);
    if (Number.isFinite(Date.parse(metrics.timestamp))) return metrics;
  } catch (cause) {
    throw new CliError(
      `cannot read ${path}, which earworm analyze should have written: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
  throw new CliError(`${path} is not what earworm analyze writes: it has no time`);
}

const lengthsOf = ({ mapreduce_results, userbehavior_results }: CsvFigures): Lengths => ({
  songs: Object.keys(mapreduce_results.top_songs).length,
  users: userbehavior_results.users.length,
  topUsers: userbehavior_results.top_users.length,
});

/** The paths at which two values differ; the keys of objects in their order. */
function* differences(expected: unknown, actual: unknown, path: string): IterableIterator<string> {
  if (!(isObject(expected) && isObject(actual))) {
    if (expected !== actual)
      yield `${path}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(actual)}`;
    return;
  }
  const [wanted, found] = [Object.keys(expected), Object.keys(actual)];
  const misplaced = wanted.findIndex((key, place) => key !== found[place]);
  if (misplaced !== -1 || wanted.length !== found.length)
    yield `${path}: expected ${wanted.length} entries, found ${found.length}, others from ${wanted[misplaced] ?? "the end"} on`;
  for (const key of wanted) yield* differences(expected[key], actual[key], `${path}/${key}`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
