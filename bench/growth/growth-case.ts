import { once } from "node:events";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { type Measured, measureNode, peakSoFar } from "#test/support/measured-process.ts";
import { earwormScript, simulateCsv, simulatedRate } from "#test/support/simulated-csv.ts";
import { listedByDefault } from "../batch/answers.ts";
import { analyzeColumnar } from "../batch/contestants.ts";
import type { BenchCase, CaseContext, Curve } from "../harness/bench-case.ts";
import { runInterleaved } from "../harness/interleaved.ts";
import { type ResultTable, threeDigits } from "../harness/result-table.ts";
import { median } from "../harness/statistics.ts";
import { repeatedCsv } from "./repeated-csv.ts";

/** A file of plays, and how many listeners and as many songs there are to choose from. */
interface Load {
  readonly name: string;
  readonly rows: number;
  readonly keys: number;
}

interface Seen extends Load {
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

const mb = 2 ** 20;
const usualRows = 200_000;
const quickRows = 20_000;
const times = 10;

/** Ten times the plays, of as many and of ten times as many listeners and songs. */
function loadsOf(rows: number): readonly Load[] {
  const keys = rows / 10;
  return [
    { name: "the plays", rows, keys },
    { name: "ten times the plays, as many keys", rows: rows * times, keys },
    { name: "ten times the plays, ten times the keys", rows: rows * times, keys: keys * times },
  ];
}

const cpuOf = ({ cpuSeconds: { user, system } }: Measured): number => user + system;

async function measureLoads({ dir, isQuick, say }: CaseContext): Promise<readonly Seen[]> {
  const loads = loadsOf(isQuick ? quickRows : usualRows);
  const fileOf = ({ rows, keys }: Load): string => join(dir, `growth-${rows}-${keys}.csv`);
  for (const load of loads)
    await simulateCsv(fileOf(load), { plays: load.rows, users: load.keys, songs: load.keys, seed: 1 });
  const samples = await runInterleaved(
    loads.map((load) => ({
      name: load.name,
      run: async () => (await analyzeColumnar.run(fileOf(load), listedByDefault)).measured,
    })),
    { warmUp: 0, measured: isQuick ? 1 : 3 },
    (name, sample) => say(`${name}: ${threeDigits(cpuOf(sample))} CPU-seconds`),
  );
  for (const load of loads) rmSync(fileOf(load));
  return loads.map((load) => {
    const all = samples.get(load.name) ?? [];
    return {
      ...load,
      cpuSeconds: median(all.map(cpuOf)),
      peakBytes: median(all.map(({ peakBytes }) => peakBytes)),
    };
  });
}

function growthTable(all: readonly Seen[]): ResultTable {
  const [one] = all;
  return {
    title: "earworm analyze: ten times the plays",
    columns: [
      { name: "what", kind: "text" },
      { name: "rows", kind: "whole" },
      { name: "listeners, songs", kind: "whole" },
      { name: "CPU s", kind: "digits" },
      { name: "times the CPU", kind: "digits" },
      { name: "CPU us a play", kind: "digits" },
      { name: "peak MB", kind: "whole" },
      { name: "times the memory", kind: "digits" },
    ],
    rows: all.map(({ name, rows, keys, cpuSeconds, peakBytes }) => [
      ...[name, rows, keys, cpuSeconds, cpuSeconds / (one?.cpuSeconds ?? Number.NaN)],
      ...[(cpuSeconds / rows) * 1e6, peakBytes / mb, peakBytes / (one?.peakBytes ?? Number.NaN)],
    ]),
  };
}

/** What a large file takes: the rows of a small one, several times over. */
interface LargeSeen {
  readonly rows: number;
  readonly bytes: number;
  /** At each quarter of the bytes that were read, of which the last is all of them; undefined where nobody knows. */
  readonly peaksOnTheWay: readonly (number | undefined)[];
  readonly peakBytes: number;
  readonly cpuSeconds: number;
}

const sourceRows = 1_000_000;
/** 72 MB and 1 GB. */
const usualRepeats = [1, 14] as const;
const quickSourceRows = 50_000;
const quickRepeats = [1, 4] as const;
/** Of listeners and songs each: few enough that the ids of the plays are most of what is in memory. */
const largeKeys = 10_000;
const quarters = [0.25, 0.5, 0.75, 1] as const;

async function measureLarge({ dir, isQuick, say }: CaseContext): Promise<readonly LargeSeen[]> {
  const rows = isQuick ? quickSourceRows : sourceRows;
  const source = join(dir, "large-source.csv");
  await simulateCsv(source, { plays: rows, users: largeKeys, songs: largeKeys, seed: 2 });
  const seen: LargeSeen[] = [];
  for (const repeats of isQuick ? quickRepeats : usualRepeats) {
    const large = await analyzeRepeated(source, rows, repeats);
    const { bytes, peakBytes } = large;
    say(`${Math.round(bytes / mb)} MB of CSV: peak ${Math.round(peakBytes / mb)} MB`);
    seen.push(large);
  }
  return seen;
}

/** Through a pipe, so that no file is written and it is known how far the reader is. */
async function analyzeRepeated(source: string, rows: number, repeats: number): Promise<LargeSeen> {
  const expected = statSync(source).size * repeats;
  const peaksOnTheWay: (number | undefined)[] = [];
  let bytes = 0;
  const feed = async (stdin: Writable, pid: number): Promise<void> => {
    for (const piece of repeatedCsv(source, repeats, (rows / simulatedRate) * 1000 + 1000)) {
      if (!stdin.write(piece)) await once(stdin, "drain");
      bytes += Buffer.byteLength(piece);
      const quarter = quarters[peaksOnTheWay.length] ?? 1;
      if (quarter < 1 && bytes >= quarter * expected) peaksOnTheWay.push(peakSoFar(pid));
    }
    stdin.end();
    await finished(stdin);
    peaksOnTheWay.push(peakSoFar(pid));
  };
  const out = `${source}.metrics.json`;
  const measured = await measureNode([earwormScript, "analyze", "-", "--out", out], feed);
  const { peakBytes } = measured;
  return { rows: rows * repeats, bytes, peaksOnTheWay, peakBytes, cpuSeconds: cpuOf(measured) };
}

/** What an id of the dedupe horizon takes at most: 21 bytes, and one of sixteen tables is there twice while it grows (src/domain/dedupe-window.ts). */
const idBytes = 22;

/** How much more memory the largest file takes than the smallest, as a share of what the ids of its plays explain. */
function unexplainedGrowth(seen: readonly LargeSeen[]): number {
  const [small, large] = [seen[0], seen.at(-1)];
  if (small === undefined || large === undefined) return Number.NaN;
  return (large.peakBytes - small.peakBytes) / ((large.rows - small.rows) * idBytes);
}

function largeTable(seen: readonly LargeSeen[]): ResultTable {
  const [small] = seen;
  return {
    title: "earworm analyze: more rows of exactly the same listeners, songs and heard songs",
    columns: [
      { name: "rows", kind: "whole" },
      { name: "CSV, MB", kind: "whole" },
      { name: "CPU us a play", kind: "digits" },
      ...quarters.map((quarter) => ({ name: `peak MB, ${quarter * 100} % read`, kind: "whole" as const })),
      { name: "peak MB", kind: "whole" },
      { name: "growth, bytes a further play", kind: "digits" },
    ],
    rows: seen.map(({ rows, bytes, peaksOnTheWay, peakBytes, cpuSeconds }) => [
      ...[rows, bytes / mb, (cpuSeconds / rows) * 1e6],
      ...quarters.map((_, i) => megabytes(peaksOnTheWay[i])),
      peakBytes / mb,
      small === undefined || rows === small.rows ? null : (peakBytes - small.peakBytes) / (rows - small.rows),
    ]),
  };
}

const megabytes = (bytes: number | undefined): number | null => (bytes === undefined ? null : bytes / mb);

/** The course of the largest file. */
function memoryCurve(seen: readonly LargeSeen[]): Curve {
  const { bytes = 0, peaksOnTheWay = [] } = seen.at(-1) ?? {};
  const read = quarters.map((quarter) => (quarter * bytes) / mb);
  return {
    id: "growth-memory",
    title: "Peak memory in the course of a file, same keys",
    x: { label: "MB of CSV read", isLogarithmic: false },
    y: { label: "peak MB", isLogarithmic: false },
    lines: [
      {
        name: "earworm analyze",
        points: read.flatMap((x, i) => {
          const peak = megabytes(peaksOnTheWay[i]);
          return peak === null ? [] : [[x, peak] as const];
        }),
      },
      { name: "the file itself", points: read.map((x) => [x, x]) },
    ],
  };
}

function boundsOf(seen: readonly LargeSeen[]): readonly string[] {
  const [small, large] = [seen[0], seen.at(-1)];
  if (small === undefined || large === undefined) return [];
  const bytes = (large.peakBytes - small.peakBytes) / (large.rows - small.rows);
  return [
    `Memory grows with distinct listeners, songs and heard songs, and with the ids of one dedupe horizon (10 minutes of arrival, here the whole file): ${threeDigits(bytes)} bytes a further play of the same keys, where the table of ids takes up to ${idBytes} while it grows.`,
    `What is fixed, Node's start and the compiler's work, is a part of the CPU time of the smallest file: its plays cost more each.`,
  ];
}

export const growthCase: BenchCase = {
  name: "growth",
  about: "ten times the plays at a fixed and at a growing number of keys, and 1 GB of CSV: CPU and memory",
  async run(context) {
    const loads = await measureLoads(context);
    const large = await measureLarge(context);
    const [one, fixed, growing] = loads.map(({ cpuSeconds }) => cpuSeconds);
    return {
      tables: [growthTable(loads), largeTable(large)],
      ratios: {
        "growth-fixed": (fixed ?? Number.NaN) / (one ?? Number.NaN),
        "growth-growing": (growing ?? Number.NaN) / (one ?? Number.NaN),
        "growth-memory": unexplainedGrowth(large),
      },
      curves: [memoryCurve(large)],
      bars: [],
      profiles: [],
      bounds: boundsOf(large),
    };
  },
};
