import { statSync } from "node:fs";
import { join } from "node:path";
import { simulateCsv } from "#test/support/simulated-csv.ts";
import type { Bars, BenchCase, CaseContext, Curve, Profile } from "../harness/bench-case.ts";
import { largestShares, profileInto, readProfiles, sharesOf } from "../harness/cpu-profile.ts";
import { type Rounds, runInterleaved } from "../harness/interleaved.ts";
import type { ResultTable } from "../harness/result-table.ts";
import { threeDigits } from "../harness/result-table.ts";
import { median, spread } from "../harness/statistics.ts";
import { type Answers, firstDifference, listedByDefault, listedForComparison } from "./answers.ts";
import {
  analyzeColumnar,
  analyzeJson,
  type BatchContestant,
  type BatchSample,
  contestants,
  duckDbOneThread,
  readlineMaps,
  recount,
} from "./contestants.ts";

export interface Size {
  readonly rows: number;
  readonly rounds: Rounds;
}

const usualSizes: readonly Size[] = [
  { rows: 1_000_000, rounds: { warmUp: 1, measured: 5 } },
  { rows: 5_000_000, rounds: { warmUp: 0, measured: 1 } },
];
const quickSizes: readonly Size[] = [{ rows: 200_000, rounds: { warmUp: 0, measured: 3 } }];
/** Listeners and songs to choose from, at a million rows; more rows have more. */
const keysPerRow = 0.1;
const mb = 2 ** 20;
const shownShares = 10;
const comparedRows = 1_000_000;

/** What a contestant did with a file, medians of the rounds. */
interface Figures {
  readonly rows: number;
  readonly name: string;
  readonly cpuSeconds: number;
  /** Share, see `spread`. */
  readonly cpuSpread: number;
  readonly seconds: number;
  readonly peakBytes: number;
}

const cpuOf = ({ measured: { cpuSeconds } }: BatchSample): number => cpuSeconds.user + cpuSeconds.system;

async function measureSize({ rows, rounds }: Size, file: string, context: CaseContext) {
  // Of the larger files each run's own lists are compared, and no complete ones.
  if (rows <= comparedRows) await agree(file, context);
  const lists = new Map<string, Answers>();
  const samples = await runInterleaved(
    contestants.map((contestant) => ({
      name: contestant.name,
      run: () => contestant.run(file, listedByDefault),
    })),
    rounds,
    (name, sample) => {
      context.say(`${rows} rows, ${name}: ${threeDigits(cpuOf(sample))} CPU-seconds`);
      lists.set(name, sample.answers);
      mustAgree(lists);
    },
  );
  return [...samples].map(([name, all]): Figures => figuresOf(rows, name, all));
}

function figuresOf(rows: number, name: string, samples: readonly BatchSample[]): Figures {
  const cpu = samples.map(cpuOf);
  return {
    ...{ rows, name, cpuSeconds: median(cpu), cpuSpread: spread(cpu) },
    seconds: median(samples.map(({ measured }) => measured.seconds)),
    peakBytes: median(samples.map(({ measured }) => measured.peakBytes)),
  };
}

/**
 * Lets everyone list all they found.
 *
 * @throws Error where they did not find the same: then there is nothing to compare
 */
async function agree(file: string, { say }: CaseContext): Promise<void> {
  const answers = new Map<string, Answers>();
  for (const contestant of contestants) {
    answers.set(contestant.name, (await contestant.run(file, listedForComparison)).answers);
    mustAgree(answers);
  }
  say(`${contestants.length} contestants agree about ${[...answers.values()][0]?.listeners} listeners`);
}

function mustAgree(answers: ReadonlyMap<string, Answers>): void {
  const [first, ...others] = answers;
  if (first === undefined) return;
  for (const [name, found] of others) {
    const difference = firstDifference(first[1], found);
    if (difference !== undefined) throw new Error(`${first[0]} and ${name} disagree about ${difference}`);
  }
}

function tableOf(figures: readonly Figures[]): ResultTable {
  return {
    title: "A file of plays, from its first byte to the figures",
    columns: [
      { name: "rows", kind: "whole" },
      { name: "contestant", kind: "text" },
      { name: "CPU s", kind: "digits" },
      { name: "±", kind: "percent" },
      { name: "rows per CPU-second", kind: "whole" },
      { name: "beside DuckDB, 1 thread", kind: "digits" },
      { name: "seconds", kind: "digits" },
      { name: "peak MB", kind: "whole" },
    ],
    rows: figures.map((each) => [
      ...[each.rows, each.name, each.cpuSeconds, each.cpuSpread, each.rows / each.cpuSeconds],
      ratioTo(each, find(figures, each.rows, duckDbOneThread)),
      ...[each.seconds, each.peakBytes / mb],
    ]),
  };
}

/** Rows per CPU-second beside another's. */
const ratioTo = (one: Figures, other: Figures): number => other.cpuSeconds / one.cpuSeconds;

function find(figures: readonly Figures[], rows: number, { name }: BatchContestant): Figures {
  const found = figures.find((each) => each.rows === rows && each.name === name);
  if (found === undefined) throw new Error(`${name} was not measured at ${rows} rows`);
  return found;
}

/** Of the smallest size: a million rows, but for a quick run. */
function ratiosOf(figures: readonly Figures[]): Readonly<Record<string, number>> {
  const rows = smallest(figures);
  const of = (contestant: BatchContestant): Figures => find(figures, rows, contestant);
  const [json, columnar, duckDb] = [of(analyzeJson), of(analyzeColumnar), of(duckDbOneThread)];
  return {
    "analyze-json": ratioTo(json, duckDb),
    "analyze-columnar": ratioTo(columnar, duckDb),
    "analyze-columnar-node": ratioTo(columnar, of(readlineMaps)),
    "analyze-json-memory": json.peakBytes / duckDb.peakBytes,
    "analyze-columnar-memory": columnar.peakBytes / duckDb.peakBytes,
    "recount-duckdb": ratioTo(of(recount), duckDb),
  };
}

function curveOf(figures: readonly Figures[]): Curve {
  const names = [...new Set(figures.map(({ name }) => name))];
  return {
    id: "batch-cpu",
    title: "CPU time by rows",
    x: { label: "rows", isLogarithmic: true },
    y: { label: "CPU-seconds", isLogarithmic: true },
    lines: names.map((name) => ({
      name,
      points: figures.filter((each) => each.name === name).map((each) => [each.rows, each.cpuSeconds]),
    })),
  };
}

const smallest = (figures: readonly Figures[]): number => Math.min(...figures.map(({ rows }) => rows));

function barsOf(figures: readonly Figures[]): Bars {
  const rows = smallest(figures);
  return {
    id: "batch-rows",
    title: `${rows.toLocaleString("en-US")} rows`,
    unit: "rows per CPU-second",
    bars: figures
      .filter((each) => each.rows === rows)
      .map(({ name, cpuSeconds }) => ({
        ...{ name, value: rows / cpuSeconds },
        isOurs: name.startsWith("earworm"),
      })),
  };
}

function boundsOf(figures: readonly Figures[], profiles: readonly Profile[]): readonly string[] {
  const rows = smallest(figures);
  const ours = find(figures, rows, analyzeColumnar);
  const duckDb = find(figures, rows, duckDbOneThread);
  const micros = ({ cpuSeconds }: Figures): string => threeDigits((cpuSeconds / rows) * 1e6);
  return [
    `A row costs ${micros(ours)} us of CPU time in \`${ours.name}\`, and ${micros(duckDb)} us in DuckDB on one thread, which answers three questions and keeps nothing. \`analyze\` makes each row a play with an id, puts it into a stream on the disk, consumes it from there, keeps out what came before, writes segments, totals of every window, profiles with all heard songs, charts and recommendations, and all of it could be repeated after a crash.`,
    ...profiles.map(({ of, shares }) => `CPU time of \`${of}\`: ${largestShares(shares)}.`),
  ];
}

async function profileOf(contestant: BatchContestant, file: string, dir: string): Promise<Profile> {
  await contestant.run(file, listedByDefault, profileInto(dir));
  return { of: contestant.name, shares: sharesOf(readProfiles(dir), shownShares) };
}

/** @param sizes the files; undefined for those of a full or a quick run */
export const createBatchCase = (sizes?: readonly Size[]): BenchCase => ({
  name: "batch",
  about: "earworm analyze beside DuckDB and a straightforward Node script, on the same file",
  async run(context) {
    const { dir, isQuick, say } = context;
    const figures: Figures[] = [];
    const profiles: Profile[] = [];
    for (const size of sizes ?? (isQuick ? quickSizes : usualSizes)) {
      const file = join(dir, `plays-${size.rows}.csv`);
      const keys = Math.round(size.rows * keysPerRow);
      await simulateCsv(file, { plays: size.rows, users: keys, songs: keys, seed: 1 });
      say(`${size.rows} rows, ${Math.round(statSync(file).size / mb)} MB`);
      figures.push(...(await measureSize(size, file, context)));
      if (profiles.length > 0) continue;
      profiles.push(await profileOf(analyzeColumnar, file, join(dir, "profile-columnar")));
      profiles.push(await profileOf(analyzeJson, file, join(dir, "profile-json")));
    }
    return {
      tables: [tableOf(figures)],
      ratios: ratiosOf(figures),
      curves: [curveOf(figures)],
      bars: [barsOf(figures)],
      profiles,
      bounds: boundsOf(figures, profiles),
    };
  },
});
