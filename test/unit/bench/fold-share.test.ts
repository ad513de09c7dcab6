import { expect, test } from "vitest";
import { meanOfTicks, withWorkers } from "../../../bench/cost/fold-share.ts";
import { notInvoked, type StageMeasure } from "../../../bench/cost/measure.ts";
import { type Kind, mapUsage, noUsage, type Usage } from "../../../bench/cost/meter.ts";

const usageOf = (units: Partial<Record<Kind, number>>): Usage =>
  mapUsage(noUsage(), (none, kind) => ({ ...none, writeUnits: units[kind] ?? 0 }));

const aStage = (overrides: Partial<StageMeasure>): StageMeasure => ({
  ...{ ...notInvoked, invocations: 1, cpuMs: 10, logBytes: 100, metrics: ["Users"] },
  ...overrides,
});

/** Four workers fold 800 profiles of a tick of 1,000 plays. */
const workers = aStage({
  invocations: 4,
  usage: usageOf({ profiles: 800, segments: 40, lists: 8, epochs: 12 }),
  work: { things: 800, playsRead: 4000, rounds: 40 },
  longest: { things: 210, playsRead: 1000, rounds: 11 },
  logBytes: 400,
});
const listeners = aStage({ usage: usageOf({ lists: 5 }) });
const idle = aStage({ usage: usageOf({ epochs: 1 }), work: { things: 0, playsRead: 0, rounds: 1 } });
const cycle = { plays: 100_000, parts: 6, workers: [4, 2], epochs: 100 };
const share = { profiles: 0.5, playsOfListener: 2 };

const folded = meanOfTicks({ workers, listeners, idle }, cycle, share)["user-behavior"];

test("a tick has its share of the workers of a fold, of the step after them, and of epochs that fold nothing", () => {
  const { listeners: after } = meanOfTicks({ workers, listeners, idle }, cycle, share);

  expect(folded.invocations).toBeCloseTo(6 / 100 + 98 / 100, 10);
  expect(folded.logBytes).toBeCloseTo(6 + 98, 10);
  expect(folded.usage.lists.writeUnits).toBeCloseTo((8 / 4) * 0.06, 10);
  expect(folded.usage.epochs.writeUnits).toBeCloseTo((12 / 4) * 0.06 + 0.98, 10);
  expect(after.invocations).toBeCloseTo(2 / 100, 10);
  expect(after.usage.lists.writeUnits).toBeCloseTo(5 * 0.02, 10);
});

test("profiles are as many as the fold has listeners, however many workers there are", () => {
  expect(folded.usage.profiles.writeUnits).toBeCloseTo(400, 10);
  expect(folded.work.things).toBeCloseTo(400, 10);
});

test("each part reads the segments of the whole fold", () => {
  const ofTick = 40 / 4;

  expect(folded.usage.segments.writeUnits * cycle.epochs).toBeCloseTo(6 * 100 * ofTick, 6);
  expect(folded.work.playsRead * cycle.epochs).toBeCloseTo(6 * 100_000, 6);
});

test("the longest worker has a part of the fold, and waits for each slice of its profiles", () => {
  const profiles = (400 * 100) / 6;

  expect(folded.longest.things).toBeCloseTo(profiles, 6);
  expect(folded.longest.playsRead).toBe(100_000);
  expect(folded.longest.rounds).toBe(11 * Math.ceil(profiles / 500));
});

test("where every epoch folds its own plays with one worker, it is what was measured", () => {
  const alone = aStage({
    usage: usageOf({ profiles: 10, lists: 3 }),
    work: { ...workers.work, playsRead: 0 },
  });
  const every = { plays: 1000, parts: 1, workers: [1], epochs: 1 };

  const mean = meanOfTicks({ workers: alone, listeners: notInvoked, idle: notInvoked }, every, {
    ...{ profiles: 1, playsOfListener: 0 },
  });

  expect(mean["user-behavior"]).toMatchObject({ invocations: 1, usage: alone.usage, work: alone.work });
  expect(mean.listeners).toEqual(notInvoked);
});

test("of workers that were not run each reads and leaves as much, and all together write the same", () => {
  const reduce = aStage({
    invocations: 4,
    usage: usageOf({ songs: 100, segments: 40, lists: 8 }),
    work: { things: 400, playsRead: 4000, rounds: 8 },
    longest: { things: 120, playsRead: 1000, rounds: 2 },
  });
  const charts = aStage({ usage: usageOf({ lists: 5 }) });

  const scaled = withWorkers({ reduce, charts }, 40);

  expect(scaled.reduce.invocations).toBe(40);
  expect(scaled.reduce.usage).toEqual(usageOf({ songs: 100, segments: 400, lists: 80 }));
  expect(scaled.reduce.work).toEqual({ things: 400, playsRead: 40_000, rounds: 80 });
  expect(scaled.reduce.longest).toEqual({ things: 12, playsRead: 1000, rounds: 2 });
  expect(scaled.charts.usage.lists.writeUnits).toBe(5);
  expect(withWorkers({ reduce, charts }, 4)).toEqual({ reduce, charts });
});
