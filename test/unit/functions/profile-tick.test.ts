import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planCorrection } from "#cli/forget/plan-correction.ts";
import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import type { EpochMs, EventId, Play, UserId } from "#src/domain/play.ts";
import { noProfile, type Profile } from "#src/domain/profile.ts";
import { carryProfiles, mostParts, partOf } from "#src/domain/profile-fold.ts";
import { allTime } from "#src/domain/windows.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aMoment, somePlays } from "#test/support/arbitraries.ts";
import { ArchivedPipeline, driftByKind } from "#test/support/archived-pipeline.ts";
import { aPlay } from "#test/support/builders.ts";
import { Crash, crashingStores } from "#test/support/crashing-stores.ts";
import {
  kinesisEvent,
  memoryStores,
  Pipeline,
  type PipelineOptions,
  type PipelineStores,
} from "#test/support/pipeline.ts";

const tickMs = 900_000;

/** A pipeline with a clock that stands still until somebody moves it. */
class Run {
  readonly stores: PipelineStores = memoryStores();
  readonly pipeline: Pipeline;
  clock = aMoment as number;
  sequence = 0;

  constructor(options: PipelineOptions = {}) {
    this.pipeline = new Pipeline({
      ...{ profileTickMs: tickMs, stores: this.stores, now: () => this.clock },
      ...options,
    });
  }

  /** Puts plays, each a segment of its own, and runs the epochs for them. */
  async play(plays: readonly Play[], shard = 0): Promise<void> {
    for (const play of plays) {
      this.sequence += 1;
      const record = {
        sequenceNumber: String(this.sequence),
        data: encodePlay(play),
        arrivedAt: this.clock,
      };
      await this.pipeline.container()(kinesisEvent([record], shard));
    }
    await this.pipeline.runEpochs();
  }

  async latest(): Promise<EpochRecord> {
    const record = await this.stores.epochs.latest();
    if (record === undefined) throw new Error("no epoch");
    return record;
  }

  /** How many plays are in a listener's profile. */
  async plays(user = "ann"): Promise<number> {
    const stored = (await this.stores.profiles.read([user as UserId])).get(user as UserId);
    return stored === undefined ? 0 : stored.profile.plays + stored.profile.unqualified;
  }
}

const by = (userId: string, fields: Parameters<typeof aPlay>[0] = {}): Play =>
  aPlay({ startedAt: aMoment, msPlayed: 60_000, ...fields, userId });

describe("when profiles are folded", () => {
  test("with the first epoch, and then with the first after each tick", async () => {
    const run = new Run();
    await run.play([by("ann")]);
    expect(await run.plays()).toBe(1);

    run.clock += tickMs - 1;
    await run.play([by("ann")]);
    expect(await run.plays()).toBe(1);
    run.clock += 1;
    await run.play([by("ann")]);

    expect(await run.plays()).toBe(3);
    expect((await run.latest()).profiles).toMatchObject({ from: { epoch: 1 }, to: { epoch: 3 }, parts: 1 });
  });

  test("in silence too: a run plans an epoch for what waits, and none for nothing", async () => {
    const run = new Run();
    await run.play([by("ann")]);
    run.clock += 1_000;
    await run.play([by("ann")]);
    run.clock += tickMs - 1_001;
    expect(await run.pipeline.plan()).toEqual({ kind: "idle" });

    run.clock += 1;
    expect(await run.pipeline.runEpochs()).toBe(1);
    run.clock += tickMs;

    expect(await run.plays()).toBe(2);
    expect(await run.pipeline.plan()).toEqual({ kind: "idle" });
  });

  test("at once after a clock that went back, for which nobody waits", async () => {
    const run = new Run();
    await run.play([by("ann")]);
    run.clock -= 30 * 86_400_000;

    await run.play([by("ann")]);

    expect(await run.plays()).toBe(2);
  });

  test("at once where somebody wants them", async () => {
    let areProfilesWanted = false;
    const run = new Run({ areProfilesWanted: () => areProfilesWanted });
    await run.play([by("ann")]);
    await run.play([by("ann")]);
    expect(await run.plays()).toBe(1);
    areProfilesWanted = true;

    expect(await run.pipeline.runEpochs()).toBe(1);

    expect(await run.plays()).toBe(2);
  });

  test("before the tick where too many plays wait", async () => {
    const run = new Run({ maxProfilePlays: 1 });
    await run.play([by("ann")]);
    for (let i = 1; i < mostParts; i++) await run.play([by("ann")]);
    expect(await run.plays()).toBe(1);

    await run.play([by("ann")]);

    expect(await run.plays()).toBe(mostParts + 1);
  });

  test("in parts where one epoch could not do them all, each listener in one of them", async () => {
    const run = new Run({ maxProfilePlays: 3 });
    const users = Array.from({ length: 10 }, (_, i) => `user-${i}`);
    await run.play([by("ann")]);
    run.clock += tickMs;
    await run.play(users.map((user) => by(user)));

    expect(await Promise.all(users.map((user) => run.plays(user)))).toEqual(users.map(() => 1));
    const records = await Promise.all(
      [2, 3, 4, 5].map((epoch) => run.stores.epochs.read(epoch as EpochNumber)),
    );
    expect(records.map((record) => record?.profiles?.done)).toEqual([0, 1, 2, 3]);
    for (const user of users) {
      const stored = (await run.stores.profiles.read([user as UserId])).get(user as UserId);
      expect(stored?.epoch).toBe(2 + partOf(user as UserId, 4));
    }
    const listed = (await run.pipeline.chart("listeners", allTime))?.entries ?? [];
    expect(listed.map(({ id }) => id).sort()).toEqual(["ann", ...users].sort());
  });

  test("by the run that is on, where parts are left and nobody plays", async () => {
    const run = new Run({ maxProfilePlays: 1 });
    await run.play([by("ann")]);
    run.clock += tickMs;
    const records = [1, 2].map((i) => ({
      sequenceNumber: `9${i}`,
      data: encodePlay(by("bob")),
      arrivedAt: run.clock,
    }));
    await run.pipeline.container()(kinesisEvent(records));
    const planned = await run.pipeline.plan();
    if (planned.kind !== "epoch") throw new Error("no epoch");

    expect(await run.pipeline.commit(planned.epoch)).toEqual({ more: true, waitingPlays: 0 });
  });

  test("rejects alone keep no segments waiting for profiles", async () => {
    const run = new Run();
    await run.play([by("ann")]);
    run.clock += 1_000;
    await run.pipeline.container()(
      kinesisEvent([{ sequenceNumber: "5", data: "no play", arrivedAt: run.clock }]),
    );

    await run.pipeline.runEpochs();

    expect((await run.latest()).profiles).toMatchObject({ from: { epoch: 2 }, folding: 0 });
  });

  test("an epoch of an earlier version that was left open folds its own plays, and the next goes on from there", async () => {
    const run = new Run();
    await run.play([by("ann")]);
    const { profiles: _, ...first } = await run.latest();
    const { segments } = run.stores;
    const stores: PipelineStores = { ...memoryStores(), segments };
    await stores.epochs.create({ ...first, status: "open" });
    const pipeline = new Pipeline({ stores, profileTickMs: tickMs, now: () => run.clock });
    await pipeline.runEpochs();
    expect((await stores.profiles.read(["ann" as UserId])).get("ann" as UserId)?.profile.plays).toBe(1);

    run.clock += 1_000;
    await run.pipeline.container()(
      kinesisEvent([{ sequenceNumber: "7", data: encodePlay(by("ann")), arrivedAt: run.clock }]),
    );
    await pipeline.runEpochs();

    expect((await stores.epochs.latest())?.profiles).toMatchObject({ from: { epoch: 1 }, folding: 0 });
  });
});

/** Every profile there is, by listener. */
async function profilesIn({ profiles }: PipelineStores): Promise<Readonly<Record<string, Profile>>> {
  const all: Record<string, Profile> = {};
  for await (const { profile } of profiles.list()) all[profile.userId] = profile;
  return all;
}

/** Plays some of which repeat the id of one before, on another shard and by another listener. */
const someRepeats = fc
  .tuple(somePlays(30, 1), fc.array(fc.nat({ max: 29 }), { minLength: 30, maxLength: 30 }))
  .map(([plays, of]) =>
    plays.map((play, i) => ({
      ...play,
      eventId: (i % 3 === 2 ? `e${(of[i] ?? 0) % (i + 1)}` : play.eventId) as EventId,
    })),
  );

test("wherever a run dies, profiles are those of a store that folds them every epoch", async () => {
  await fc.assert(
    fc.asyncProperty(
      someRepeats,
      fc.record({
        profileTickMs: fc.constantFrom(0, 1_000, 2_500, tickMs),
        maxProfilePlays: fc.constantFrom(2, 5, 1_000),
        maxEpochPlays: fc.constantFrom(3, 50_000),
        dedupeHorizonMs: fc.constant(1),
      }),
      fc.nat({ max: 80 }),
      fc.constantFrom("before" as const, "after" as const),
      async (plays, options, at, when) => {
        const run = new Run(options);
        const every = new Run({ ...options, profileTickMs: 0, maxProfilePlays: 1_000_000 });
        const third = Math.ceil(plays.length / 3);
        for (const [i, part] of [0, 1, 2].entries()) {
          const some = plays.slice(part * third, (part + 1) * third);
          for (const each of [run, every]) {
            each.clock += 1_000 * i;
            await each.play(some.slice(0, 4), 1);
            await each.play(some.slice(4), 0);
          }
          const { stores } = crashingStores(run.stores, at, when);
          const dying = new Pipeline({
            ...options,
            stores,
            now: () => run.clock,
            areProfilesWanted: () => i > 0,
          });
          await dying.runEpochs().catch((error: unknown) => expect(error).toBeInstanceOf(Crash));
        }

        run.clock += tickMs;
        await run.pipeline.runEpochs();

        expect(await profilesIn(run.stores)).toEqual(await profilesIn(every.stores));
        const listenersOf = async ({ pipeline }: Run) =>
          (await pipeline.chart("listeners", allTime))?.entries.map(({ id, score }) => [id, score]);
        expect(await listenersOf(run)).toEqual(await listenersOf(every));
      },
    ),
    { numRuns: 300 },
  );
}, 120_000);

describe("a listener who is forgotten while plays wait", () => {
  const correction = { userId: "ann" as UserId, counters: [], windows: [], rejects: [] };

  async function forget(run: Run): Promise<void> {
    const base = await run.latest();
    const epoch = await planCorrection(run.stores, base, correction, run.clock as EpochMs);
    expect((await run.stores.epochs.read(epoch ?? (0 as EpochNumber)))?.profiles).toEqual(
      carryProfiles(base),
    );
    await run.pipeline.runEpochs();
  }

  test.each([0, 1])("has none of them, with %d plays folded before", async (before) => {
    const run = new Run();
    await run.play([by("bob"), ...Array.from({ length: before }, () => by("ann"))]);
    await run.play([by("ann"), by("bob")]);
    await forget(run);
    await run.play([by("ann", { startedAt: aMoment + 5 }), by("bob")]);
    expect(await run.plays()).toBe(0);

    run.clock += tickMs;
    await run.pipeline.runEpochs();

    const ann = (await profilesIn(run.stores))["ann"];
    expect(ann).toMatchObject({ plays: 1, firstHeardAt: aMoment + 5 });
    expect(await run.plays("bob")).toBe(3);
  });

  test("and does not play on stays empty, also where a fold is under way", async () => {
    const run = new Run({ maxProfilePlays: 1 });
    await run.play([by("bob")]);
    run.clock += tickMs;
    const records = ["ann", "bob", "cat"].map((user, i) => {
      return { sequenceNumber: `9${i}`, data: encodePlay(by(user)), arrivedAt: run.clock };
    });
    await run.pipeline.container()(kinesisEvent(records));
    const planned = await run.pipeline.plan();
    if (planned.kind !== "epoch") throw new Error("no epoch");
    await run.pipeline.reduce(planned.epoch);
    await run.pipeline.userBehavior(planned.epoch);
    await run.pipeline.commit(planned.epoch);
    expect(carryProfiles(await run.latest())).toMatchObject({ parts: 3, done: 1 });

    await forget(run);

    expect((await profilesIn(run.stores))["ann"]).toEqual(noProfile("ann" as UserId));
    expect([await run.plays("bob"), await run.plays("cat")]).toEqual([2, 1]);
    run.clock += tickMs;
    run.sequence = 1_000;
    await run.play([by("ann")]);
    expect(await run.plays()).toBe(1);
  });
});

test("verification compares profiles with what they should hold by now, after every epoch", async () => {
  const run = new ArchivedPipeline({ profileTickMs: tickMs, maxProfilePlays: 3, maxEpochPlays: 4 });
  const seen = new Set<string>();
  for (let round = 0; round < 12; round++) {
    for (let i = 0; i < 6; i++) {
      const play = {
        event_id: `p${round}-${i % 5}`,
        user_id: `user-${(round * 3 + i) % 7}`,
        ms_played: 60_000,
      };
      const data = JSON.stringify({
        ...play,
        started_at: aMoment,
        track: { id: `S${i}`, artist: `A${i % 3}` },
      });
      await run.put({ shard: (i % 5) % 2, data, arrivedAt: aMoment + round * 300_000 });
    }
    for (;;) {
      const planned = await run.pipeline.plan();
      if (planned.kind !== "epoch") break;
      await run.pipeline.reduce(planned.epoch);
      await run.pipeline.userBehavior(planned.epoch);
      await run.pipeline.recommendation(planned.epoch);
      await run.pipeline.commit(planned.epoch);
      const verification = await run.verify();
      expect(driftByKind(verification), verification.differences.join("\n")).toEqual({});
      const record = await run.stores.epochs.latest();
      const { parts = 0, done = 0 } = record === undefined ? {} : carryProfiles(record);
      seen.add(parts > 0 && done > 0 ? "within a fold" : "between folds");
    }
  }
  expect([...seen].sort()).toEqual(["between folds", "within a fold"]);
});
