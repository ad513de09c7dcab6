import { describe, expect, test } from "vitest";
import {
  foldCycleOf,
  foldsOfATick,
  profileShareOf,
  workersThatCatchUp,
} from "../../../bench/cost/profile-tick.ts";

const deployed = { playsPerWorker: 20_000, maxWorkerPlays: 20_000, maxWorkers: 16 };
const loadOf = (rate: number, tickSeconds: number, profileTickSeconds = 900) => ({
  rate,
  tickSeconds,
  profileTickSeconds,
});

describe("folds", () => {
  test("take in what came since the last, a part for each worker's plays and so many workers an epoch", () => {
    expect(foldCycleOf(loadOf(10, 1), deployed)).toEqual({
      ...{ plays: 9000, parts: 1, workers: [1], epochs: 900 },
    });
    expect(foldCycleOf(loadOf(1000, 5), deployed)).toEqual({
      ...{ plays: 900_000, parts: 45, workers: [16, 16, 13], epochs: 180 },
    });
  });

  test("come in every epoch where the profile tick is no longer than the tick", () => {
    const everyEpoch = { plays: 60_000, parts: 3, workers: [3], epochs: 1 };

    expect(foldCycleOf(loadOf(1000, 60, 60), deployed)).toEqual(everyEpoch);
    expect(foldCycleOf(loadOf(1000, 60, 0), deployed)).toEqual(everyEpoch);
  });

  test("begin before their tick where they would have 64 parts", () => {
    expect(foldCycleOf(loadOf(16_000, 5), deployed)).toEqual({
      ...{ plays: 1_280_000, parts: 64, workers: [16, 16, 16, 16], epochs: 16 },
    });
  });

  test("of more parts in each epoch than it folds never catch up", () => {
    expect(foldCycleOf(loadOf(16_000, 60), deployed)).toBeUndefined();
  });

  test("with as many workers as it takes do, each epoch's plays by as many", () => {
    const load = loadOf(16_000, 60);

    const workers = workersThatCatchUp(load);

    expect(workers).toEqual({ playsPerWorker: 20_000, maxWorkerPlays: 24_000, maxWorkers: 40 });
    expect(foldCycleOf(load, workers)).toMatchObject({ parts: 80, workers: [40, 40], epochs: 2 });
    expect(workersThatCatchUp(loadOf(16_000, 5))).toEqual(deployed);
  });

  test("of larger parts wait for their tick", () => {
    expect(foldCycleOf(loadOf(16_000, 60), foldsOfATick)).toMatchObject({ plays: 14_400_000, parts: 45 });
  });
});

describe("the profiles of a fold", () => {
  test("are those of the epoch where it folds its own plays", () => {
    expect(profileShareOf({ plays: 5000 }, loadOf(1000, 5), 1)).toEqual({ profiles: 1, playsOfListener: 0 });
  });

  test("are fewer for a play the longer the fold, however many plays there are", () => {
    const shareOf = (rate: number, seconds: number) =>
      profileShareOf({ plays: rate * seconds }, loadOf(rate, 5), 1);

    const [short, long] = [shareOf(1000, 60), shareOf(1000, 900)];

    expect(short.profiles).toBeLessThan(1);
    expect(long.profiles).toBeLessThan(short.profiles);
    expect(long.profiles).toBeGreaterThan(0.2); // a play takes some 200 s
    expect(long.playsOfListener).toBeGreaterThan(short.playsOfListener);
    expect(shareOf(16_000, 900)).toEqual(long);
  });
});
