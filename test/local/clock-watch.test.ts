import { expect, test } from "vitest";
import { ClockWatch } from "#local/clock-watch.ts";
import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { anEpoch, memoryStores } from "#test/support/published.ts";

const minuteMs = 60_000;

async function watchOver(): Promise<{ at: (offsetMs: number) => Promise<number> }> {
  const { epochs } = memoryStores();
  const epoch = anEpoch(1);
  await epochs.create(epoch);
  const logger = new MemoryLogger();
  let now = epoch.now;
  const watch = new ClockWatch(epochs, () => now, logger);
  return {
    /** How many warnings there are once the clock was seen to be so far from the latest epoch's. */
    async at(offsetMs) {
      now = (epoch.now + offsetMs) as EpochMs;
      await watch.check();
      return logger.entries.filter(({ level }) => level === "warn").length;
    },
  };
}

test("a clock that is a minute behind is told of, one that is less is not", async () => {
  expect(await (await watchOver()).at(0)).toBe(0);
  expect(await (await watchOver()).at(1 - minuteMs)).toBe(0);
  expect(await (await watchOver()).at(-minuteMs)).toBe(1);
  expect(await (await watchOver()).at(-minuteMs - 1)).toBe(1);
});

test("it is told of once until it has caught up, and then again", async () => {
  const { at } = await watchOver();

  const told: number[] = [];
  for (const offset of [-minuteMs, -2 * minuteMs, -minuteMs / 2, -minuteMs, 0, 5, -minuteMs]) {
    told.push(await at(offset));
  }

  expect(told).toEqual([1, 1, 1, 1, 1, 1, 2]);
});
