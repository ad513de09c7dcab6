import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clearCorrection, planCorrection } from "#cli/forget/plan-correction.ts";
import { chartLists, chartSize } from "#src/domain/chart.ts";
import type { Correction } from "#src/domain/correction.ts";
import { artistKey, type CounterKey, songKey } from "#src/domain/counter.ts";
import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import type { ArtistName, EpochMs, Play, TrackId, UserId } from "#src/domain/play.ts";
import { rejectIdOf } from "#src/domain/reject.ts";
import { noTotals } from "#src/domain/totals.ts";
import { allTime, currentWindows, windowShares } from "#src/domain/windows.ts";
import { correctionKey } from "#src/wire/correction-codec.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { decodeRecent, recentKey } from "#src/wire/recent-codec.ts";
import { aMoment, somePlays } from "#test/support/arbitraries.ts";
import { aPlay } from "#test/support/builders.ts";
import { Crash, crashingStores } from "#test/support/crashing-stores.ts";
import {
  kinesisEvent,
  memoryStores,
  Pipeline,
  type PipelineStores,
  shardKey,
} from "#test/support/pipeline.ts";

const now = (aMoment + 60_000) as EpochMs;
const windows = currentWindows(now);
const user = "U1" as UserId;

async function fed(plays: readonly Play[], stores: PipelineStores = memoryStores()): Promise<Pipeline> {
  const pipeline = new Pipeline({ now: () => now, stores });
  const records = plays.map((play, i) => ({
    sequenceNumber: String(i + 1),
    data: encodePlay(play),
    arrivedAt: aMoment,
  }));
  const consume = pipeline.container();
  await consume(kinesisEvent(records.slice(0, records.length / 2)));
  await pipeline.runEpochs();
  await consume(kinesisEvent(records));
  await pipeline.runEpochs();
  return pipeline;
}

const keysOf = ({ track, platform, mood, geo }: Play): readonly CounterKey[] => [
  "ALL" as CounterKey,
  songKey(track.id),
  artistKey(track.artist),
  ...Object.entries({ genre: track.genre, platform, mood, country: geo?.country }).flatMap(([name, value]) =>
    value === undefined ? [] : [`DIM#${name}#${value}` as CounterKey],
  ),
];

/** The correction that makes the store of `plays` like one that never saw the listener's: by a store that never did. */
async function correctionFor(plays: readonly Play[], without: Pipeline): Promise<Correction> {
  const theirs = plays.filter((play) => play.userId === user);
  const keys = [...new Set(theirs.flatMap(keysOf))];
  const left = new Map((await without.stores.counters.read(keys)).map(({ key, totals }) => [key, totals]));
  return {
    userId: user,
    counters: keys.map((key) => ({ key, totals: left.get(key) ?? noTotals })),
    windows: theirs.flatMap((play) => windowShares(play.startedAt).map(({ window }) => window)),
    rejects: [],
  };
}

async function latestOf({ stores }: Pipeline): Promise<EpochRecord> {
  const record = await stores.epochs.latest();
  if (record === undefined) throw new Error("no epoch");
  return record;
}

/** `rising` is not: the corrected counters have no sketches. */
const comparedWindows = Object.values(windows).filter((window) => window !== windows.rising);

/** What the stages show of the store, without what belongs to its own history. */
async function resultOf(pipeline: Pipeline, plays: readonly Play[]) {
  const charts = [];
  for (const list of chartLists) {
    for (const window of comparedWindows) {
      const chart = await pipeline.chart(list, window);
      charts.push(chart?.entries.map(({ previousRank: _, peak: __, isBack: ___, ...entry }) => entry) ?? []);
    }
  }
  const keys = [...new Set(plays.flatMap(keysOf))].sort();
  const counters = (await pipeline.stores.counters.read(keys)).map(
    ({ key, totals: { listeners: _, ...totals } }) => ({ key, totals }),
  );
  const users = [...new Set(plays.map((play) => play.userId))].sort();
  const profiles = await pipeline.stores.profiles.read(users);
  const recent = await pipeline.stores.publications.read(recentKey);
  return {
    charts,
    counters: counters.filter(({ totals }) => totals.plays + totals.unqualified > 0),
    profiles: users.flatMap((id) => {
      const profile = profiles.get(id)?.profile;
      return profile === undefined || profile.plays + profile.unqualified === 0 ? [] : [profile];
    }),
    // A sample: only that nothing of the listener's is left in it is the same.
    recent: (recent === undefined ? [] : decodeRecent(recent.body).plays).filter(
      ({ play }) => play.userId === user,
    ),
  };
}

describe("an epoch that corrects", () => {
  test("leaves what a store holds that never saw the listener, wherever a run of it dies", async () => {
    await fc.assert(
      fc.asyncProperty(
        somePlays(40, 1),
        fc.nat({ max: 60 }),
        fc.constantFrom("before" as const, "after" as const),
        async (plays, at, when) => {
          const pipeline = await fed(plays);
          const others = plays.filter((play) => play.userId !== user);
          const without = await fed(others);
          const base = await latestOf(pipeline);
          const epoch = await planCorrection(pipeline.stores, base, await correctionFor(plays, without), now);
          expect(epoch).toBe(base.epoch + 1);
          const dying = new Pipeline({
            now: () => now,
            stores: crashingStores(pipeline.stores, at, when).stores,
          });

          await dying.runEpochs().catch((error: unknown) => expect(error).toBeInstanceOf(Crash));
          await pipeline.runEpochs();

          expect((await latestOf(pipeline)).status).toBe("committed");
          expect(await resultOf(pipeline, plays)).toEqual(await resultOf(without, plays));
        },
      ),
      { numRuns: 300 },
    );
  }, 120_000);

  test("lets somebody who never was in a full chart come next", async () => {
    const songs = Array.from({ length: chartSize + 20 }, (_, i) => {
      const track = { id: `S${i}`, artist: `A${i}` };
      return aPlay({ userId: i < 40 ? user : "U2", track, startedAt: aMoment - i * 1_000 });
    });
    const plays = [...songs, ...songs.slice(0, 5).map((play) => aPlay({ userId: "U3", track: play.track }))];
    const pipeline = await fed(plays);
    const without = await fed(plays.filter((play) => play.userId !== user));
    const correction = await correctionFor(plays, without);

    await planCorrection(pipeline.stores, await latestOf(pipeline), correction, now);
    await pipeline.runEpochs();

    expect((await pipeline.chart("songs", allTime))?.entries).toHaveLength(chartSize - 15);
    expect(await resultOf(pipeline, plays)).toEqual(await resultOf(without, plays));
  });

  test("takes songs that the listener played out of those that rise, until five others have played them", async () => {
    const playedBy = (users: readonly string[], id: string) =>
      users.map((userId) => aPlay({ userId, track: { id, artist: `by ${id}` }, startedAt: aMoment }));
    const others = ["U2", "U3", "U4", "U5", "U6", "U7", "U8", "U9"];
    const plays = [...playedBy([user, ...others], "S1"), ...playedBy(others, "S2")];
    const pipeline = await fed(plays);
    const rising = async (list: "songs" | "artists") =>
      (await pipeline.chart(list, windows.rising))?.entries.map(({ id }) => id);
    expect(await rising("songs")).toEqual(["S1", "S2"]);
    const without = await fed(plays.filter((play) => play.userId !== user));

    await planCorrection(pipeline.stores, await latestOf(pipeline), await correctionFor(plays, without), now);
    await pipeline.runEpochs();
    const [song] = await pipeline.stores.counters.read([songKey("S1" as TrackId)]);
    const corrected = await rising("songs");
    const correctedArtists = await rising("artists");
    const again = playedBy(["U11", "U12", "U13", "U14", "U15", "U16"], "S1").map((play, i) => {
      return { sequenceNumber: String(100 + i), data: encodePlay(play), arrivedAt: aMoment };
    });
    await pipeline.container()(kinesisEvent(again));
    await pipeline.runEpochs();

    expect(song?.totals).toMatchObject({ plays: 8, listeners: new Map() });
    expect(corrected).toEqual(["S2"]);
    expect(correctedArtists).toEqual(["by S2"]);
    expect(await rising("songs")).toEqual(["S1", "S2"]);
  });

  test("lets another listener come next where the chart of listeners was full", async () => {
    const plays = Array.from({ length: chartSize + 3 }, (_, i) =>
      aPlay({ userId: `U${i}`, startedAt: aMoment, msPlayed: 100_000 + 1_000 * ((i * 7) % 503) }),
    );
    const pipeline = await fed(plays);
    const before = await pipeline.chart("listeners", allTime);
    expect(before?.entries.some(({ id }) => id === user)).toBe(true);
    const without = await fed(plays.filter((play) => play.userId !== user));

    await planCorrection(pipeline.stores, await latestOf(pipeline), await correctionFor(plays, without), now);
    await pipeline.runEpochs();

    expect((await pipeline.chart("listeners", allTime))?.entries).toHaveLength(chartSize);
    expect(await resultOf(pipeline, plays)).toEqual(await resultOf(without, plays));
  });

  test("takes the listener's rejects out, and only those", async () => {
    const pipeline = new Pipeline({ now: () => now });
    const records = ["{", "[1"].map((data, i) => ({
      sequenceNumber: String(i + 1),
      data,
      arrivedAt: aMoment,
    }));
    await pipeline.container()(kinesisEvent(records));
    await pipeline.runEpochs();
    const [gone, kept] = records.map(({ sequenceNumber }) =>
      rejectIdOf(shardKey(0), { sequenceNumber, entry: 0, arrivedAt: aMoment }),
    );
    if (gone === undefined) throw new Error("no reject");

    await planCorrection(
      pipeline.stores,
      await latestOf(pipeline),
      { userId: user, counters: [], windows: [], rejects: [gone] },
      now,
    );
    await pipeline.runEpochs();

    const { rejects } = await pipeline.stores.rejects.list({ day: aMoment, limit: 10 });
    expect(rejects.map(({ id }) => id)).toEqual([kept]);
  });

  test("counts what the listener plays afterwards", async () => {
    const plays = [aPlay({ userId: user, startedAt: aMoment }), aPlay({ userId: "U2", startedAt: aMoment })];
    const pipeline = await fed(plays);
    const without = await fed(plays.slice(1));
    await planCorrection(pipeline.stores, await latestOf(pipeline), await correctionFor(plays, without), now);
    await pipeline.runEpochs();
    const later = aPlay({ userId: user, startedAt: aMoment + 1, msPlayed: 40_000 });

    await pipeline.container()(
      kinesisEvent([{ sequenceNumber: "9", data: encodePlay(later), arrivedAt: aMoment }]),
    );
    await pipeline.runEpochs();

    const profile = (await pipeline.stores.profiles.read([user])).get(user)?.profile;
    expect(profile).toMatchObject({ plays: 1, listenedMs: 40_000, firstHeardAt: aMoment + 1 });
    const [song] = await pipeline.stores.counters.read([songKey("track-1" as TrackId)]);
    expect(song?.totals.plays).toBe(2);
    const [artist] = await pipeline.stores.counters.read([artistKey("Coldplay" as ArtistName)]);
    expect(artist?.totals.firstPlayedAt).toBe(aMoment);
  });
});

describe("a correction is planned", () => {
  const correction: Correction = { userId: user, counters: [], windows: [], rejects: [] };

  test("only where no other epoch came first", async () => {
    const pipeline = await fed([aPlay({ startedAt: aMoment })]);
    const base = await latestOf(pipeline);
    await pipeline.stores.epochs.create({ ...base, epoch: (base.epoch + 1) as EpochNumber, status: "open" });

    expect(await planCorrection(pipeline.stores, base, correction, now)).toBeUndefined();
  });

  test("only where no other correction came first", async () => {
    const pipeline = await fed([aPlay({ startedAt: aMoment })]);
    const base = await latestOf(pipeline);
    const { publications } = pipeline.stores;
    const overtaken = {
      ...pipeline.stores,
      publications: {
        read: async () => undefined,
        write: publications.write.bind(publications),
      },
    };
    await planCorrection(pipeline.stores, base, correction, now);

    expect(await planCorrection(overtaken, base, { ...correction, userId: "U2" as UserId }, now)).toBe(
      undefined,
    );
    const stored = await publications.read(correctionKey);
    expect(stored?.body).toContain('"U1"');
  });

  test("and nothing of its listener is left once it is cleared, also twice", async () => {
    const pipeline = await fed([aPlay({ startedAt: aMoment })]);
    await planCorrection(pipeline.stores, await latestOf(pipeline), correction, now);
    await pipeline.runEpochs();

    await clearCorrection(pipeline.stores, 2 as EpochNumber);
    await clearCorrection(pipeline.stores, 2 as EpochNumber);

    expect((await pipeline.stores.publications.read(correctionKey))?.body).toBe("{}");
    expect(await planCorrection(pipeline.stores, await latestOf(pipeline), correction, now)).toBe(3);
  });
});
