import { expect, test } from "vitest";
import { MemoryConnectionStore } from "#src/adapters/memory/memory-connection-store.ts";
import type { Counter } from "#src/domain/counter.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { noTotals } from "#src/domain/totals.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { kinesisEvent, memoryStores, Pipeline } from "#test/support/pipeline.ts";
import { noUsage } from "../../../bench/cost/meter.ts";
import { SampledCounterStore } from "../../../bench/cost/sampled-counter-store.ts";
import { SampledProfileStore } from "../../../bench/cost/sampled-profile-store.ts";
import { StageMeter } from "../../../bench/cost/stage-meter.ts";
import { Workflow } from "../../../bench/cost/workflow.ts";
import { World } from "../../../bench/cost/world.ts";

const at = Date.parse("2026-11-20T20:30:00Z") as EpochMs;
const plays = 400;

/** Runs an epoch of some plays, divided by so many. */
async function measured(playsPerWorker: number, maxProfilePlays: number) {
  const memory = memoryStores();
  const simulator = new World(10, 1).createSimulator();
  const records = Array.from({ length: plays }, (_, i) => ({
    sequenceNumber: String(i + 1),
    data: encodePlay(simulator.next(at)),
    arrivedAt: at,
  }));
  await new Pipeline({ stores: memory, now: () => at }).container()(kinesisEvent(records));
  const counters = new SampledCounterStore(memory.counters, () => noTotals);
  const profiles = new SampledProfileStore(memory.profiles, () => {
    throw new Error("all profiles are kept");
  });
  const all = { has: () => true } as unknown as ReadonlySet<string>;
  counters.sample = all;
  profiles.sample = all;
  const stores = { ...memory, counters, profiles, connections: new MemoryConnectionStore() };
  const meter = new StageMeter({ take: () => Promise.resolve({ usage: noUsage(), rounds: 1 }) });
  const epoch = await new Workflow(stores, meter, () => at).run(
    "run",
    {
      ...{ maxEpochPlays: 1000, maxWorkerPlays: 1000, playsPerWorker, maxWorkers: 8 },
      ...{ tickSeconds: 1, profileTickMs: 0, maxProfilePlays },
    },
    plays,
  );
  const written: Counter[] = [];
  for await (const counter of memory.counters.list("")) written.push(counter);
  return { epoch, counters: written.sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

test("an epoch with one worker is invoked once, and has no step after it", async () => {
  const { epoch } = await measured(1000, 1000);

  expect(epoch).toMatchObject({ workers: 1, profileWorkers: 1, readMs: {} });
  expect(epoch.stages.reduce).toMatchObject({ invocations: 1, work: { playsRead: 0, rounds: 1 } });
  expect(epoch.stages.charts.invocations).toBe(0);
  expect(epoch.stages["user-behavior"].invocations).toBe(1);
  expect(epoch.stages.listeners.invocations).toBe(0);
});

test("an epoch with several is invoked once a worker, who read all plays and share what there is to write", async () => {
  const alone = await measured(1000, 1000);
  const shared = await measured(100, 200);

  const { stages, readMs } = shared.epoch;
  const before = alone.epoch.stages;
  expect(shared.epoch).toMatchObject({ workers: 4, profileWorkers: 2 });
  expect(stages.reduce).toMatchObject({ invocations: 4, work: { playsRead: 4 * plays, rounds: 4 } });
  expect(stages["user-behavior"]).toMatchObject({ invocations: 2, work: { playsRead: 2 * plays } });
  expect(stages["user-behavior"].work.things).toBe(before["user-behavior"].work.things);
  expect(stages.reduce.longest.things).toBeLessThan(before.reduce.work.things / 3);
  expect(stages.charts.metrics).toEqual(["ChartsTime"]);
  expect(stages.listeners.invocations).toBe(1);
  expect(Object.keys(readMs)).toEqual(["reduce", "user-behavior"]);
  expect(shared.counters).toEqual(alone.counters);
});
