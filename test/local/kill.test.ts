import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Random } from "#simulator/random.ts";
import { DevBench } from "#test/support/dev-bench.ts";
import { expectExactCounts } from "#test/support/exact-counts.ts";
import { preload } from "#test/support/preload.ts";
import { until } from "#test/support/until.ts";

/** More rounds and other seeds find more: EARWORM_KILL_ROUNDS=30 EARWORM_KILL_SEED=7 vitest run test/local/kill.test.ts */
const rounds = Number(process.env["EARWORM_KILL_ROUNDS"] ?? 3);
const seed = Number(process.env["EARWORM_KILL_SEED"] ?? 20_261_121);
const timeout = 60_000 + rounds * 20_000;

let bench: DevBench;

beforeEach(() => {
  bench = new DevBench();
});

afterEach(() => bench.end());

describe("a process that is killed in the middle of everything", () => {
  test("counts every acknowledged play exactly once when it is back", { timeout }, async () => {
    const random = new Random(seed);
    let dev = await bench.start();
    const producer = bench.produce(dev, seed);

    for (let round = 1; round <= rounds; round++) {
      await producer.acknowledges(200 + random.below(3000));
      await pause(random.below(100)); // a moment that no acknowledgement chose
      expect(await dev.end("SIGKILL")).toMatchObject({ signal: "SIGKILL" });
      dev = await bench.start();
      producer.redirect(dev);
    }
    await producer.acknowledges(1000);
    await producer.finish();

    expect(producer.repeated).toBeGreaterThan(0);
    expect(producer.acknowledged).toBe(producer.sent.length);
    await expectExactCounts(dev, producer);
    await bench.verify();
    expect(await dev.end("SIGTERM")).toEqual({ code: 0, signal: null });
  });
});

describe("a process that is asked to end in the middle of something that takes long", () => {
  test("ends within 5 s with exit code 0, and nothing that it acknowledged is lost", {
    timeout: 60_000,
  }, async () => {
    const first = await bench.start([], preload("slow-profiles"));
    const producer = bench.produce(first, seed + 3);
    await producer.acknowledges(1000);
    await until("a slow stage", () => Promise.resolve(first.stderr.includes("written slowly")));

    const startedAt = performance.now();
    const exit = await first.end("SIGTERM");
    const tookMs = performance.now() - startedAt;
    const second = await bench.start();
    producer.redirect(second);
    await producer.finish();

    expect(exit).toEqual({ code: 0, signal: null });
    expect(tookMs).toBeLessThan(5000);
    expect(first.stdout).toContain("not finished within 4 s: the rest is done at the next start");
    await expectExactCounts(second, producer);
    await bench.verify();
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "ends at once at a second signal: %s",
    {
      timeout: 60_000,
    },
    async (signal) => {
      const first = await bench.start([], preload("slow-profiles"));
      const producer = bench.produce(first, seed + 4);
      await producer.acknowledges(500);
      await until("a slow stage", () => Promise.resolve(first.stderr.includes("written slowly")));

      first.signal("SIGTERM");
      await until("the end begins", () =>
        Promise.resolve(first.stdout.includes("finishing what is under way")),
      );
      const exit = await first.end(signal);
      const second = await bench.start();
      producer.redirect(second);
      await producer.finish();

      expect(exit).toEqual({ code: 0, signal: null });
      expect(first.stdout).toContain(`${signal}: the rest is done at the next start`);
      await expectExactCounts(second, producer);
      await bench.verify();
    },
  );
});

describe("a process that is asked to end", () => {
  test("ends within 5 s with exit code 0, and what it acknowledged is counted when it is back", {
    timeout: 60_000,
  }, async () => {
    const first = await bench.start();
    const producer = bench.produce(first, seed + 1);
    await producer.acknowledges(3000);

    const startedAt = performance.now();
    const exit = await first.end("SIGTERM");
    const tookMs = performance.now() - startedAt;
    const second = await bench.start();
    producer.redirect(second);
    await producer.finish();

    expect(exit).toEqual({ code: 0, signal: null });
    expect(tookMs).toBeLessThan(5000);
    expect(first.stderr).toBe("");
    await expectExactCounts(second, producer);
    await bench.verify();
  });

  test("loses nothing of what no epoch has counted yet", { timeout: 60_000 }, async () => {
    const first = await bench.start(["--tick", "3600000"]);
    const producer = bench.produce(first, seed + 2);
    await producer.acknowledges(2000);
    await producer.finish();

    const exit = await first.end("SIGTERM");
    const second = await bench.start();

    expect(exit).toEqual({ code: 0, signal: null });
    await expectExactCounts(second, producer);
    await bench.verify();
  });
});
