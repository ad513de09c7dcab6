import fc from "fast-check";
import type { PipelineStores } from "#test/support/pipeline.ts";
import { dedupeHorizonMs, EarwormSystem } from "./earworm-system.ts";
import { FaultLog } from "./fault-kinds.ts";
import { stillNamed } from "./forgotten.ts";
import { recountEverything } from "./recount-everything.ts";
import { type Scenario, type Size, someScenario } from "./scenario.ts";
import { faultTimeoutMs } from "./settings.ts";
import { verdict } from "./verdict.ts";
import { verified } from "./verified.ts";
import { World } from "./world.ts";

/** Stores for one run. */
export interface OpenedStores {
  readonly stores: PipelineStores;
  /** From now on no request fails. */
  readonly calm?: () => void;
  close(): void;
}

/** What runs came to. */
export class Tally {
  readonly faults = new FaultLog();
  runs = 0;
  /** Plays that were put and are valid, producers' retries included. */
  plays = 0;
  /** Runs that ended with a difference or a violation. */
  errors = 0;
}

export interface HarnessOptions {
  readonly open: (scenario: Scenario, faults: FaultLog) => Promise<OpenedStores>;
  readonly tally: Tally;
  /** What is driven, over the stores of the run. @default the handlers as they are */
  readonly system?: (stores: PipelineStores) => EarwormSystem;
}

/** Plays a scenario to its end and returns what is wrong then, if anything. */
export async function playScenario(
  scenario: Scenario,
  { open, tally, system = (stores) => new EarwormSystem(stores) }: HarnessOptions,
): Promise<readonly string[]> {
  const { stores, calm, close } = await open(scenario, tally.faults);
  try {
    const earworm = system(stores);
    const world = new World(scenario, earworm, tally.faults);
    await world.play(calm);
    const cutOffs = await earworm.cutOffs();
    const expected = recountEverything(world.stream.shards, dedupeHorizonMs, cutOffs);
    tally.faults.note("producer retry within the horizon", expected.duplicates);
    tally.faults.note("producer retry beyond the horizon", expected.lateRepeats);
    tally.faults.note("marked play repeated beyond the horizon", expected.repeats);
    tally.faults.note("play marked after it counted unmarked", expected.markedLater);
    tally.runs += 1;
    tally.plays += Object.values(expected.heads).reduce(
      (sum, { plays, duplicates }) => sum + plays + duplicates,
      0,
    );
    tally.faults.note("forgotten listener played on", expected.playedOn);
    const { archive } = world.archive;
    const { tokens, refusals } = earworm;
    const againCounted = expected.lateRepeats + expected.markedLater;
    const wrong = [
      ...world.violations,
      ...refusals,
      ...(await verdict(stores, expected)),
      ...(await verified(stores, archive, dedupeHorizonMs, againCounted)),
      ...(await stillNamed({ stores, tokens, archive }, cutOffs, expected)),
    ];
    if (wrong.length > 0) tally.errors += 1;
    return wrong;
  } finally {
    close();
  }
}

/** A run with more in it than one on DynamoDB can have. */
export const largeRun: Size = { steps: 45, records: 16, erasures: 2 };
export const smallRun: Size = { steps: 32, records: 10, erasures: 2 };

export interface PropertyOptions {
  readonly runs: number;
  readonly seed: number;
  readonly size: Size;
  /** A failing run's, to play only that. */
  readonly path?: string | undefined;
}

/**
 * Plays random scenarios.
 *
 * @throws Error with the smallest failing scenario, its seed and its path
 */
export async function playScenarios(options: HarnessOptions, property: PropertyOptions): Promise<void> {
  const { runs, seed, size, path } = property;
  await fc.assert(
    fc.asyncProperty(someScenario(size), async (scenario) => {
      const wrong = await playScenario(scenario, options);
      if (wrong.length > 0) throw new Error(wrong.join("\n"));
    }),
    {
      numRuns: runs,
      seed,
      // Before Vitest's own limit, which would not show the seed.
      interruptAfterTimeLimit: 0.9 * faultTimeoutMs,
      markInterruptAsFailure: true,
      ...(path === undefined ? {} : { path }),
    },
  );
}

/** Plays random scenarios to the last, and returns which of them show an error: each is a path of its own. */
export async function surveyScenarios(
  options: HarnessOptions,
  { runs, seed, size }: PropertyOptions,
): Promise<readonly number[]> {
  const failed: number[] = [];
  let run = 0;
  await fc.assert(
    fc.asyncProperty(someScenario(size), async (scenario) => {
      if ((await playScenario(scenario, options)).length > 0) failed.push(run);
      run += 1;
    }),
    { numRuns: runs, seed },
  );
  return failed;
}
