import { expect, test } from "vitest";
import { createArchiveHandler } from "#functions/archive/archive-handler.ts";
import { ArchiveBeginsLaterError, ArchiveBehindError } from "#functions/verify/archive-errors.ts";
import { createVerifyHandler, type VerifyHandlerDeps } from "#functions/verify/verify-handler.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { MemoryArchive } from "#src/adapters/memory/memory-archive.ts";
import { songKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { EpochMs, TrackId, UserId } from "#src/domain/play.ts";
import { noTotals } from "#src/domain/totals.ts";
import type { Verification } from "#src/domain/verification.ts";
import { currentWindows, dayMs, hourMs, minuteMs } from "#src/domain/windows.ts";
import { chartKey, decodeChart, encodeChart } from "#src/wire/chart-codec.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aMoment } from "#test/support/arbitraries.ts";
import { aPlay } from "#test/support/builders.ts";
import { kinesisEvent, Pipeline } from "#test/support/pipeline.ts";
import { recordedMetrics } from "#test/support/recorded-metrics.ts";

/** Half past: a play may start in the next hour. */
const thisMoment = Math.floor(aMoment / hourMs) * hourMs + 30 * minuteMs;
const leaseMs = 300_000;
const functionMs = 900_000;

/** A system with an archive, and the verify function over it. Pausing takes the time it should, and runs what a test wants. */
class System {
  now: number = thisMoment;
  readonly archive = new MemoryArchive();
  readonly pipeline = new Pipeline({ now: () => this.now });
  readonly stores = this.pipeline.stores;
  readonly #consume = this.pipeline.container();
  readonly #archive = createArchiveHandler({
    archive: this.archive,
    decodeBase64: (text) => Buffer.from(text, "base64"),
    logger: this.pipeline.logger,
    metrics: { record() {} },
  });
  #sequence = 0;
  #startedAt = 0;
  pauses = 0;
  whilePaused: (pause: number) => Promise<unknown> = () => Promise.resolve();

  /** Plays that start so many ms before they arrive are consumed, and archived by what is returned. */
  async put(agesMs: readonly number[], user = "u1"): Promise<() => Promise<void>> {
    const records = agesMs.map((ageMs) => ({
      sequenceNumber: String(++this.#sequence),
      data: encodePlay(
        aPlay({
          eventId: `e${this.#sequence}` as never,
          userId: user as UserId,
          track: { id: `song-${this.#sequence % 7}` },
          startedAt: (this.now - ageMs) as EpochMs,
          msPlayed: 180_000,
        }),
      ),
      arrivedAt: this.now,
    }));
    await this.#consume(kinesisEvent(records));
    return () => this.#archive(kinesisEvent(records));
  }

  /** Plays, archived and counted in an epoch of their own. */
  async play(agesMs: readonly number[], user?: string): Promise<void> {
    const archive = await this.put(agesMs, user);
    await archive();
    await this.pipeline.runEpochs();
  }

  async verify(overrides: Partial<VerifyHandlerDeps> = {}): Promise<Verification> {
    this.#startedAt = this.now;
    const handler = createVerifyHandler({
      ...this.stores,
      archive: this.archive,
      ...nodeRecordCodec,
      clock: () => this.now as EpochMs,
      logger: this.pipeline.logger,
      metrics: this.pipeline.metrics,
      pause: async (ms) => {
        this.now += ms;
        this.pauses += 1;
        await this.whilePaused(this.pauses);
      },
      leaseMs,
      horizonMs: 600_000,
      days: 0,
      ...overrides,
    });
    const getRemainingTimeInMillis = () => functionMs - (this.now - this.#startedAt);
    const figures = await handler({}, { awsRequestId: "verification", getRemainingTimeInMillis });
    const noted = await this.stores.epochs.readVerification();
    if (noted === undefined) throw new Error("no verification was noted");
    expect(figures).toMatchObject({ epoch: noted.epoch });
    return noted;
  }

  /** Whether somebody else would get the lease. */
  isAtRest(): Promise<boolean> {
    return this.stores.epochs.acquireLease("somebody else", this.now as EpochMs, leaseMs);
  }
}

const minutes = (count: number): number => count * minuteMs;
const drifted = ({ kinds }: Verification): Record<string, number> =>
  Object.fromEntries(kinds.filter(({ drift }) => drift > 0).map(({ kind, drift }) => [kind, drift]));

/** Plays of two listeners in every window there is: late ones, ones ahead, many hours, days and weeks. */
async function aSystem(): Promise<System> {
  const system = new System();
  for (const daysAgo of [40, 12, 2, 1, 0]) {
    system.now = thisMoment - daysAgo * dayMs;
    await system.play([-minutes(59), 0, minutes(61), 26 * hourMs, 6 * dayMs], `u${daysAgo % 2}`);
  }
  return system;
}

test("what every play counts exactly once in has no drift, which is published and kept", async () => {
  const system = await aSystem();
  const before = system.pipeline.metrics.entries.length;

  const verification = await system.verify();

  expect(verification).toMatchObject({ epoch: 5, from: undefined, to: undefined, differences: [] });
  expect(drifted(verification)).toEqual({});
  const compared = Object.fromEntries(verification.kinds.map(({ kind, compared }) => [kind, compared]));
  expect(compared).toMatchObject({ songs: 7, listeners: 2 });
  expect(compared["charts"]).toBeGreaterThan(2 * 10); // the windows of weeks
  const recorded = system.pipeline.metrics.entries.slice(before).map(({ name, value }) => [name, value]);
  expect(Object.fromEntries(recorded)).toEqual({ CounterDrift: 0, VerifyTime: 0 });
  expect(Object.keys(Object.fromEntries(recorded)).sort()).toEqual(recordedMetrics["verify"]);
  expect(await system.isAtRest()).toBe(true);
  expect(system.pauses).toBe(0);
});

test("a store in which nothing was counted has no drift", async () => {
  const verification = await new System().verify();

  expect(verification.epoch).toBe(0);
  expect(drifted(verification)).toEqual({});
});

test("a counter, a profile and a chart that differ are drift, by kind, and the log names no listener", async () => {
  const system = await aSystem();
  const { counters, profiles, publications } = system.stores;
  const later = 6 as EpochNumber;
  const delta = { key: songKey("song-3" as TrackId), totals: { ...noTotals, plays: 1 } };
  await counters.apply(later, system.now as EpochMs, [delta]);
  const stored = (await profiles.read(["u1" as UserId])).get("u1" as UserId);
  if (stored === undefined) throw new Error("u1 has no profile");
  const profile = { ...stored.profile, skips: stored.profile.skips + 1 };
  await profiles.write(later, [{ profile, epochRead: stored.epoch }]);
  const key = chartKey("songs", currentWindows(thisMoment as EpochMs).day);
  const chart = decodeChart((await publications.read(key))?.body ?? "");
  const swapped = { ...chart, entries: chart.entries.toReversed() };
  await publications.write(key, { epoch: later, body: encodeChart(swapped) });

  const verification = await system.verify();

  expect(drifted(verification)).toEqual({ songs: 1, listeners: 1, charts: 1 });
  expect(verification.differences.join()).toContain("song-3");
  expect(system.pipeline.metrics.entries).toContainEqual(
    expect.objectContaining({ name: "CounterDrift", value: 3 }),
  );
  const errors = system.pipeline.logger.entries.filter(({ level }) => level === "error");
  expect(errors).toMatchObject([{ message: "the totals differ from the archive", fields: { drift: 3 } }]);
  expect(JSON.stringify(errors)).not.toContain("u1");
});

test("while another run holds the lease it waits, and then reads what that run committed", async () => {
  const system = await aSystem();
  await system.stores.epochs.acquireLease("run", system.now as EpochMs, leaseMs);
  await (await system.put([0]))();
  system.whilePaused = async (pause) => {
    if (pause === 3) await system.pipeline.runEpochs(); // the owner "run" goes on, and gives the lease up
  };

  const verification = await system.verify();

  expect(verification.epoch).toBe(6);
  expect(drifted(verification)).toEqual({});
  expect(system.pauses).toBe(3);
});

test("while an epoch is open it takes no lease, so that the workflow may resume", async () => {
  const system = await aSystem();
  await (await system.put([0]))();
  await system.pipeline.plan("died");
  await system.stores.epochs.releaseLease("died");
  system.whilePaused = async (pause) => {
    expect(await system.isAtRest()).toBe(true);
    await system.stores.epochs.releaseLease("somebody else");
    if (pause === 2) await system.pipeline.runEpochs();
  };

  const verification = await system.verify();

  expect(verification.epoch).toBe(6);
  expect(drifted(verification)).toEqual({});
});

test("stores that are never at rest fail it in time: other runs hold the lease", async () => {
  const system = await aSystem();
  const prolong = () => system.stores.epochs.acquireLease("slow", system.now as EpochMs, leaseMs);
  await prolong();
  system.whilePaused = prolong;

  await expectNeverAtRest(system, "other runs held the lease");
});

test("stores that are never at rest fail it in time: nobody resumes an epoch", async () => {
  const system = await aSystem();
  await system.put([0]);
  await system.pipeline.plan("died");
  await system.stores.epochs.releaseLease("died");

  await expectNeverAtRest(system, "epoch 6 is open");
});

async function expectNeverAtRest(system: System, reason: string): Promise<void> {
  const startedAt = system.now;
  const verification = system.verify();

  await expect(verification).rejects.toThrow(new StoreError(`the stores were never at rest: ${reason}`));
  expect(system.now - startedAt).toBeLessThan(functionMs);
  expect(await system.stores.epochs.readVerification()).toBeUndefined();
}

test("an epoch that commits while the stores are read has them read again", async () => {
  const system = await aSystem();
  const { counters } = system.stores;
  let reads = 0;

  const verification = await system.verify({
    counters: {
      apply: (epoch, now, deltas) => counters.apply(epoch, now, deltas),
      read: (keys) => counters.read(keys),
      replace: (epoch, deltas) => counters.replace(epoch, deltas),
      async *list(prefix) {
        yield* counters.list(prefix);
        reads += 1;
        if (reads > 1) return;
        system.now += leaseMs; // whoever reads that slowly has lost the lease
        await system.play([0]);
      },
    },
  });

  expect(reads).toBe(2);
  expect(verification.epoch).toBe(6);
  expect(drifted(verification)).toEqual({});
  expect(system.pipeline.logger.entries).toContainEqual(
    expect.objectContaining({ level: "warn", message: "an epoch began while the stores were read" }),
  );
});

test("stores that cannot be read fail it, and the lease is given up", async () => {
  const system = await aSystem();
  const failing = () => {
    throw new StoreError("table Counters: Scan of profiles failed with Throttled");
  };

  const verification = system.verify({ profiles: { ...system.stores.profiles, list: failing } });

  await expect(verification).rejects.toThrow("Scan of profiles");
  expect(await system.isAtRest()).toBe(true);
});

test("an archive that lags is waited for, without the lease", async () => {
  const system = await aSystem();
  const archive = await system.put([0, 1]);
  await system.pipeline.runEpochs();
  system.whilePaused = async (pause) => {
    expect(await system.isAtRest()).toBe(true);
    await system.stores.epochs.releaseLease("somebody else");
    if (pause === 2) await archive();
  };

  const verification = await system.verify();

  expect(verification.epoch).toBe(6);
  expect(drifted(verification)).toEqual({});
  expect(system.pauses).toBe(2);
});

test.each([0, 2])(
  "an archive that stopped fails it in time instead of telling drift, with %i days",
  async (days) => {
    const system = await aSystem();
    await system.put([0]);
    await system.pipeline.runEpochs();
    const startedAt = system.now;

    const verification = system.verify({ days });

    await expect(verification).rejects.toThrow(ArchiveBehindError);
    expect(system.now - startedAt).toBeLessThan(functionMs);
    expect(await system.stores.epochs.readVerification()).toBeUndefined();
  },
);

test("an archive whose first hours are gone fails it, unless days are given", async () => {
  const system = new System();
  system.now = thisMoment - 40 * dayMs;
  await system.put([0]);
  await system.pipeline.runEpochs();
  for (const daysAgo of [10, 0]) {
    system.now = thisMoment - daysAgo * dayMs;
    await system.play([0]);
  }

  await expect(system.verify()).rejects.toThrow(ArchiveBeginsLaterError);
  expect(drifted(await system.verify({ days: 2 }))).toEqual({});
});

test("with days it compares whole days and the hours of today, and says which", async () => {
  const system = await aSystem();

  const verification = await system.verify({ days: 2 });

  const today = Math.floor(thisMoment / dayMs) * dayMs;
  expect(verification).toMatchObject({
    from: today - 2 * dayMs,
    to: thisMoment - 30 * minuteMs,
    differences: [],
  });
  expect(verification.kinds.map(({ kind }) => kind)).not.toContain("listeners");
  expect(verification.kinds.find(({ kind }) => kind === "charts")?.compared).toBeGreaterThan(4);
});
