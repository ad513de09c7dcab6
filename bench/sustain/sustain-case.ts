import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchCase, Curve } from "../harness/bench-case.ts";
import { type CpuProfile, largestShares, type ProfileShare, sharesOf } from "../harness/cpu-profile.ts";
import { type ResultTable, threeDigits } from "../harness/result-table.ts";
import type { LoadSummary } from "../load/summary.ts";

/** Plays/s. */
const rate = 20_000;
const usualSeconds = 300;
const quickSeconds = 30;
const shownShares = 12;
const mb = 2 ** 20;
const script = join(import.meta.dirname, "../load/main.ts");

/** As `npm run load` would be run; what it judges is judged here by the bench's own targets. */
async function load(dir: string, seconds: number): Promise<LoadSummary> {
  const out = join(dir, "sustain");
  const options = ["--profile", "soak", "--rate", String(rate), "--duration", `${seconds}s`];
  const thresholds = ["--max-memory-growth", "1", "--max-cpu-ratio", "10.5"];
  const profile = ["--cpu-profile", profileIn(dir)];
  await new Promise<void>((resolve, reject) => {
    const args = [script, ...options, ...thresholds, ...profile, "--out", out];
    execFile(process.execPath, args, (error, _stdout, stderr) => {
      // 1 is a missed threshold, which the report tells.
      if (error === null || error.code === 1) resolve();
      else reject(new Error(`the load did not run: ${stderr}`, { cause: error }));
    });
  });
  return JSON.parse(readFileSync(`${out}.json`, "utf8"));
}

const profileIn = (dir: string): string => join(dir, "sustain.cpuprofile");

function tableOf(summary: LoadSummary, seconds: number): ResultTable {
  const { plays, throughput, acknowledged, pushed, longestLagMs, targetCpu, memory, cpuRatio } = summary;
  return {
    title: `${rate.toLocaleString("en-US")} plays/s for ${seconds} s`,
    columns: [
      { name: "what", kind: "text" },
      { name: "seen", kind: "digits" },
    ],
    rows: [
      ["plays due", plays.due],
      ["failed, dropped or not counted", plays.failed + plays.dropped + (summary.missing ?? Number.NaN)],
      ["acknowledged plays/s", throughput],
      ["put to acknowledged, p99, ms", acknowledged.p99Ms],
      ["put to push, p50, ms", pushed?.p50Ms ?? null],
      ["put to push, p99, ms", pushed?.p99Ms ?? null],
      ["longest lag of the consumer, ms", longestLagMs ?? null],
      ["CPU of the server, cores", targetCpu === undefined ? null : targetCpu / 1000],
      ["CPU as a multiple of that at a tenth of the rate", cpuRatio ?? null],
      ["memory in use, MB", memory === undefined ? null : memory.used.mean / mb],
      ["its growth after a dedupe horizon, % a minute", growthOf(summary) ?? null],
    ],
  };
}

/** Percent a minute, after one horizon. */
const growthOf = ({ memory }: LoadSummary): number | undefined =>
  memory === undefined ? undefined : (100 * memory.used.slope) / memory.used.mean;

function curveOf({ memorySamples }: LoadSummary): Curve {
  const line = (name: string, of: (sample: (typeof memorySamples)[number]) => number) => ({
    name,
    points: memorySamples.map((sample) => [sample.atMs / 1000, of(sample) / mb] as const),
  });
  return {
    id: "sustain-memory",
    title: `Memory at ${rate.toLocaleString("en-US")} plays/s`,
    x: { label: "seconds", isLogarithmic: false },
    y: { label: "MB", isLogarithmic: false },
    lines: [
      line("resident", ({ residentBytes }) => residentBytes),
      line("in use after a collection", ({ heapBytes, externalBytes }) => heapBytes + externalBytes),
    ],
  };
}

function boundsOf({ targetCpu, ownCpu }: LoadSummary, shares: readonly ProfileShare[]): readonly string[] {
  if (targetCpu === undefined || ownCpu === undefined) return [];
  const cores = targetCpu / 1000;
  return [
    `The server takes ${threeDigits(cores)} cores for it, so that one core would be busy at ${threeDigits(rate / cores)} plays/s; the generator beside it takes ${threeDigits(ownCpu / 1000)}.`,
    `CPU time of the server: ${largestShares(shares, 6)}.`,
  ];
}

export const sustainCase: BenchCase = {
  name: "sustain",
  about: "embedded: 20,000 plays/s for five minutes, with lag, memory, and the CPU of a tenth beside it",
  async run({ dir, isQuick }) {
    const seconds = isQuick ? quickSeconds : usualSeconds;
    const summary = await load(dir, seconds);
    const { request, plays, longestLagMs, cpuRatio } = summary;
    const profile: CpuProfile = JSON.parse(readFileSync(profileIn(dir), "utf8"));
    const shares = sharesOf([profile], shownShares);
    const growth = growthOf(summary);
    const ratios = {
      "sustain-lost": (plays.failed + plays.dropped + Math.abs(summary.missing ?? Number.NaN)) / plays.due,
      "sustain-lag": (longestLagMs ?? Number.NaN) / (request.tickMs ?? Number.NaN),
      // Not known of a run that ends before its first horizon does.
      ...(growth !== undefined && { "sustain-memory": growth }),
      "sustain-cpu": cpuRatio ?? Number.NaN,
    };
    return {
      tables: [tableOf(summary, seconds)],
      ratios,
      curves: [curveOf(summary)],
      bars: [],
      profiles: [{ of: `the embedded runtime at ${rate} plays/s`, shares }],
      bounds: boundsOf(summary, shares),
    };
  },
};
