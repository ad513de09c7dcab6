import fc from "fast-check";
import type { CounterKey } from "#src/domain/counter.ts";
import { memoryStores } from "#test/support/pipeline.ts";
import { dedupeHorizonMs, EarwormSystem } from "../earworm-system.ts";
import { FaultLog } from "../fault-kinds.ts";
import type { Caller } from "../invocation.ts";
import { recountEverything } from "../recount-everything.ts";
import { type Scenario, type Size, someScenario } from "../scenario.ts";
import { type Consume, type System, World } from "../world.ts";
import { addPerBatch } from "./add-per-batch.ts";
import { addPerEvent } from "./add-per-event.ts";
import { markerOfBothEnds, markerOfTheFirst } from "./batch-marker.ts";
import { PlainTable } from "./plain-table.ts";

type Design = (table: PlainTable, caller: Caller) => Consume;

const usualDesigns: Readonly<Record<string, Design>> = {
  "ADD per event": addPerEvent,
  "pre-aggregated ADD per batch": addPerBatch,
  "transaction with a batch marker (first record)": markerOfTheFirst,
  "transaction with a batch marker (first and last record)": markerOfBothEnds,
};
export const ourDesign = "Earworm";

/** How far songs' counts are from what they should be, summed over songs and runs. */
export interface CountError {
  readonly design: string;
  /** What there was to count. */
  plays: number;
  tooMany: number;
  tooFew: number;
  /** The same, were each retry of a producer a play of its own: what the consumer alone is to blame for. */
  arrivals: number;
  deliveredTooMany: number;
  deliveredTooFew: number;
}

/** Plays the same random scenarios with each design. */
export async function compareDesigns(options: {
  readonly runs: number;
  readonly seed: number;
  readonly size: Size;
}): Promise<readonly CountError[]> {
  const scenarios = fc.sample(someScenario({ ...options.size, erasures: 0 }), {
    numRuns: options.runs,
    seed: options.seed,
  });
  const errors: CountError[] = [];
  for (const [design, create] of Object.entries(usualDesigns)) {
    const error = noError(design);
    for (const scenario of scenarios) await addUsual(error, scenario, create);
    errors.push(error);
  }
  const ours = noError(ourDesign);
  for (const scenario of scenarios) await addOurs(ours, scenario);
  return [...errors, ours];
}

const noError = (design: string): CountError => ({
  ...{ design, plays: 0, tooMany: 0, tooFew: 0, arrivals: 0, deliveredTooMany: 0, deliveredTooFew: 0 },
});

async function addUsual(error: CountError, scenario: Scenario, create: Design): Promise<void> {
  const table = new PlainTable();
  const system: System = {
    container: (_, caller) => create(table, caller),
    execute: () => Promise.resolve(), // there is nothing behind the consumer
    forget: () => Promise.resolve("done"),
    isSettled: () => Promise.resolve(true),
  };
  const world = new World(scenario, system, new FaultLog());
  await world.play();
  if (world.violations.length > 0) throw new Error(`${error.design}: ${world.violations.join(", ")}`);
  addDifferences(error, world, (song) => table.count(song));
}

async function addOurs(error: CountError, scenario: Scenario): Promise<void> {
  const stores = memoryStores();
  const world = new World(scenario, new EarwormSystem(stores), new FaultLog());
  await world.play();
  const { plays } = recountEverything(world.stream.shards, dedupeHorizonMs);
  const stored = await stores.counters.read(Object.keys(plays).map((song) => `SONG#${song}` as CounterKey));
  const counts = new Map(stored.map(({ key, totals }) => [key.slice("SONG#".length), totals.plays]));
  addDifferences(error, world, (song) => counts.get(song) ?? 0);
}

function addDifferences(error: CountError, world: World, countOf: (song: string) => number): void {
  const { plays, arrivals } = recountEverything(world.stream.shards, dedupeHorizonMs);
  for (const [song, arrived] of Object.entries(arrivals)) {
    const count = countOf(song);
    const played = plays[song] ?? 0;
    error.plays += played;
    error.tooMany += Math.max(0, count - played);
    error.tooFew += Math.max(0, played - count);
    error.arrivals += arrived;
    error.deliveredTooMany += Math.max(0, count - arrived);
    error.deliveredTooFew += Math.max(0, arrived - count);
  }
}
