/**
 * Plays random scenarios of faults and prints what was injected and what went wrong; then what the usual designs make of such
 * scenarios. Exit code 1 on any error, with the smallest scenario that shows it.
 *
 *   node bench/faults/main.ts [--runs 300] [--seed 1] [--store memory|sqlite|dynamodb] [--path 17:0:1] [--no-comparison]
 */
import { parseArgs } from "node:util";
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
import { connectDynamoDb, startDynamoDb, whyUnavailable } from "#test/support/dynamodb-local.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    store: { type: "string" },
    path: { type: "string" },
    "no-comparison": { type: "boolean", default: false },
  },
});

function positive(name: "runs" | "seed"): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name} takes a positive integer, not ${values[name]}`);
}

function chosenStores(): readonly StoreName[] {
  if (values.store === undefined) return ["memory", "sqlite"];
  const name = storeNames.find((each) => each === values.store);
  if (name === undefined)
    throw new Error(`--store takes one of ${storeNames.join(", ")}, not ${values.store}`);
  return [name];
}

/** Plays the scenarios of one store; the first that fails is made small and shown. */
async function playOn(store: StoreName, options: HarnessOptions): Promise<void> {
  const size = store === "dynamodb" ? smallRun : largeRun;
  const property = { runs: positive("runs"), seed: positive("seed"), size };
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
  const problem = whyUnavailable();
  if (problem !== undefined) throw new Error(problem);
  const { endpoint, stop } = await startDynamoDb();
  try {
    const local = await connectDynamoDb(endpoint);
    await playOn("dynamodb", { open: openDynamoDb(() => local), tally });
    local.client.destroy();
  } finally {
    await stop();
  }
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
  const hasComparison = !values["no-comparison"] && values.path === undefined;
  const comparison = { runs: positive("runs"), seed: positive("seed"), size: largeRun };
  print(tallies, hasComparison ? await compareDesigns(comparison) : undefined);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
