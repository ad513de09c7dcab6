import { expect, test } from "vitest";
import { EpochLease } from "#cli/forget/epoch-lease.ts";
import { MemoryEpochLog } from "#src/adapters/memory/memory-epoch-log.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { someTime } from "#test/support/builders.ts";

/** A lease, a clock to move, and runs of a stage that ask for theirs. */
function aLease() {
  const epochs = new MemoryEpochLog();
  const time = { now: someTime as number };
  const clock = () => time.now as EpochMs;
  const lease = new EpochLease({ epochs, clock, owner: "forget" });
  const runGetsIt = (lengthMs = 120_000) => epochs.acquireLease("run", clock(), lengthMs);
  return { epochs, time, lease, runGetsIt };
}

test.each([120_000, 300_000])(
  "it holds off runs with leases of %i ms, also where their clock is behind",
  async (lengthMs) => {
    const { lease, time, runGetsIt } = aLease();

    expect(await lease.take()).toBe(true);

    expect(await runGetsIt(lengthMs)).toBe(false);
    time.now -= 60_000;
    expect(await runGetsIt(lengthMs)).toBe(false);
  },
);

test("a minute after it was prolonged last, it is over", async () => {
  const { lease, time, runGetsIt } = aLease();
  await lease.take();
  time.now += 59_000;
  expect(await lease.prolong()).toBe(true);

  time.now += 59_999;
  expect(await runGetsIt()).toBe(false);
  time.now += 1;
  expect(await runGetsIt()).toBe(true);
});

test("lost once, it stays lost until it is taken again, whoever has it by then", async () => {
  const { epochs, lease, time, runGetsIt } = aLease();
  await lease.take();
  time.now += 60_000;
  await runGetsIt();

  expect(await lease.prolong()).toBe(false);
  await epochs.releaseLease("run");
  time.now += 60_000;

  expect(await lease.prolong()).toBe(false);
  expect(await lease.take()).toBe(true);
});

test("where the clock went back it is asked for again, as the one that was asked for may be void", async () => {
  const { lease, time, runGetsIt } = aLease();
  await lease.take();
  time.now -= 600_000;

  expect(await lease.prolong()).toBe(true);

  expect(await runGetsIt()).toBe(false);
});

test("given up while it is asked for, it is free", async () => {
  const { lease, time, runGetsIt } = aLease();
  await lease.take();
  time.now += 20_000;

  const prolonged = lease.prolong();
  await lease.release();

  expect(await prolonged).toBe(true);
  expect(await runGetsIt()).toBe(true);
});
