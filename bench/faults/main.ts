/**
 * Plays random scenarios of faults and prints what was injected and what went wrong; then what the usual designs make of such
 * scenarios. Exit code 1 on any error, with the smallest scenario that shows it.
 */
import { Command, Option } from "commander";
import { integerOption } from "#cli/options.ts";
import { type CountError, compareDesigns } from "#test/local/faults/comparator/comparison.ts";
import {
  type HarnessOptions,
  largeRun,
  playScenarios,
  smallRun,
  surveyScenarios,
  Tally,
} from "#test/local/faults/harness.ts";
import { comparisonTable, faultsTable, runsTable } from "#test/local/faults/report.ts";
import {
  openDynamoDb,
  openMemory,
  openSqliteStores,
  type StoreName,
  storeNames,
} from "#test/local/faults/run-stores.ts";
import { withDynamoDb } from "#test/support/dynamodb-local.ts";

interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly store?: StoreName;
  readonly path?: string;
  readonly comparison: boolean;
}

const values: Options = new Command("npm run faults --")
  .description("Random faults over the real handlers, compared with a recount.")
  .option("--runs <n>", "scenarios on each store", integerOption(1, 1_000_000), 300)
  .option("--seed <n>", "the same seed plays the same scenarios", integerOption(1, 2_147_483_647), 1)
  .addOption(new Option("--store <name>", "one store (default: memory and sqlite)").choices(storeNames))
  .option("--path <path>", "a failed scenario's path, such as 17:0:1, to play it again")
  .option("--no-comparison", "leave the usual designs out")
  .parse()
  .opts();

const chosenStores = (): readonly StoreName[] =>
  values.store === undefined ? ["memory", "sqlite"] : [values.store];

/** Plays the scenarios of one store; the first that fails is made small and shown. */
async function playOn(store: StoreName, options: HarnessOptions): Promise<void> {
  const size = store === "dynamodb" ? smallRun : largeRun;
  const property = { runs: values.runs, seed: values.seed, size };
  const { path } = values;
  const [failed] = path === undefined ? await surveyScenarios(options, property) : [path];
  if (failed === undefined) return;
  process.exitCode = 1;
  try {
    await playScenarios({ ...options, tally: new Tally() }, { ...property, path: String(failed) });
    console.error(`${store}: nothing is wrong with seed ${property.seed}, path ${failed}`);
  } catch (error) {
    console.error(`${store}: ${error instanceof Error ? error.message : error}`);
    if (error instanceof Error && error.cause !== undefined) console.error(String(error.cause));
  }
}

async function playOnDynamoDb(tally: Tally): Promise<void> {
  await withDynamoDb((local) => playOn("dynamodb", { open: openDynamoDb(() => local), tally }));
}

async function playAll(): Promise<ReadonlyMap<string, Tally>> {
  const tallies = new Map<string, Tally>();
  for (const store of chosenStores()) {
    const tally = new Tally();
    tallies.set(store, tally);
    if (store === "dynamodb") await playOnDynamoDb(tally);
    else await playOn(store, { open: store === "memory" ? openMemory : openSqliteStores, tally });
  }
  return tallies;
}

function print(tallies: ReadonlyMap<string, Tally>, errors: readonly CountError[] | undefined): void {
  console.log(`seed ${values.seed}\n\n${runsTable(tallies)}\n`);
  console.log(faultsTable(new Map([...tallies].map(([store, { faults }]) => [store, faults]))));
  if (errors === undefined) return;
  const [{ plays, arrivals } = { plays: 0, arrivals: 0 }] = errors;
  console.log(
    `\nplays of ${values.runs} scenarios that count: ${plays}, and ${arrivals - plays} retries of producers`,
  );
  console.log(`\n${comparisonTable(errors)}`);
}

try {
  const tallies = await playAll();
  const hasComparison = values.comparison && values.path === undefined;
  const comparison = { runs: values.runs, seed: values.seed, size: largeRun };
  print(tallies, hasComparison ? await compareDesigns(comparison) : undefined);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
