/**
 * What CPU time the stages take a play, of this checkout and of another one side by side: the same plays through the
 * handlers over SQLite, in processes that take turns. Charts that differ end with exit code 1.
 */
import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { integerOption } from "#cli/options.ts";
import { type RegimeName, regimes } from "./regimes.ts";
import type { StageTimes } from "./run-stages.ts";

interface Options {
  readonly regime: RegimeName;
  readonly against?: string;
  readonly repeat: number;
}

const options: Options = new Command("npm run stages --")
  .description("CPU time of the stages, of this checkout and of another one side by side.")
  .addOption(
    new Option("--regime <name>", "what is run")
      .choices(Object.keys(regimes))
      .default("second" as RegimeName),
  )
  .option("--against <checkout>", "another checkout of Earworm, with its node_modules")
  .option("--repeat <n>", "runs of each", integerOption(1, 100), 3)
  .parse()
  .opts();

const here = join(import.meta.dirname, "../..");
const child = join(import.meta.dirname, "run-stages.ts");

const run = (root: string): StageTimes =>
  JSON.parse(execFileSync(process.execPath, [child, root, options.regime], { encoding: "utf8" }));

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** CPU time by stage and of all of them, us a play. */
function medians(runs: readonly StageTimes[]): Readonly<Record<string, number>> {
  const stages = Object.keys(runs[0]?.cpuMs ?? {});
  const perPlay = (of: (times: StageTimes) => number): number =>
    Number(median(runs.map((times) => (of(times) * 1000) / times.plays)).toFixed(2));
  const all = perPlay(({ cpuMs }) => Object.values(cpuMs).reduce((sum, ms) => sum + ms, 0));
  const byStage = stages.map((stage) => [stage, perPlay(({ cpuMs }) => cpuMs[stage] ?? 0)] as const);
  return { ...Object.fromEntries(byStage), all };
}

const roots = options.against === undefined ? [here] : [here, resolve(options.against)];
const runs = roots.map((): StageTimes[] => []);
for (let i = 0; i < options.repeat; i++) for (const [at, root] of roots.entries()) runs[at]?.push(run(root));

const [ours = {}, theirs] = runs.map(medians);
console.log(`${options.regime}: CPU in us a play, medians of ${options.repeat}`);
console.table(
  Object.fromEntries(
    Object.entries(ours).map(([stage, us]) => {
      const before = theirs?.[stage];
      return [
        stage,
        { us, ...(before !== undefined && { against: before, ratio: Number((us / before).toFixed(3)) }) },
      ];
    }),
  ),
);
const digests = new Set(runs.flat().map(({ digest }) => digest));
if (digests.size > 1) {
  console.error("the charts differ");
  process.exitCode = 1;
}
