import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chartLists } from "#src/domain/chart.ts";
import { artistKey, songKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { ArtistName, EpochMs, Play, TrackId, UserId } from "#src/domain/play.ts";
import { noSeries } from "#src/domain/series.ts";
import { allTime, currentWindows } from "#src/domain/windows.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { decodeRecent, recentKey } from "#src/wire/recent-codec.ts";
import { decodeSeries, seriesKey } from "#src/wire/series-codec.ts";
import { decodeTrending, trendingKey } from "#src/wire/trending-codec.ts";
import { aMoment, somePlays } from "#test/support/arbitraries.ts";
import { aPlay } from "#test/support/builders.ts";
import {
  kinesisEvent,
  memoryStores,
  Pipeline,
  type PipelineStores,
  type PutRecord,
  shardKey,
} from "#test/support/pipeline.ts";
import { ranked, recount } from "#test/support/recount.ts";

const now = (aMoment + 60_000) as EpochMs;
const windows = currentWindows(now);

const recordsOf = (plays: readonly Play[], from = 1): PutRecord[] =>
  plays.map((play, i) => ({ sequenceNumber: String(from + i), data: encodePlay(play), arrivedAt: aMoment }));

interface Feed {
  readonly shards: number;
  readonly batch: number;
  readonly batchesPerEpoch: number;
  readonly maxEpochPlays?: number;
}

/** Sends plays through shards (by listener), batches and epochs of the given sizes. */
async function feed(
  plays: readonly Play[],
  { shards, batch, batchesPerEpoch, ...options }: Feed,
): Promise<Pipeline> {
  const pipeline = new Pipeline({ now: () => now, ...options });
  const consume = pipeline.container();
  const byShard = Array.from({ length: shards }, (_, shard) =>
    recordsOf(plays.filter((play) => Number(play.userId.slice(1)) % shards === shard)),
  );
  let batches = 0;
  for (const [shard, records] of byShard.entries()) {
    for (let i = 0; i < records.length; i += batch) {
      await consume(kinesisEvent(records.slice(i, i + batch), shard));
      batches += 1;
      if (batches % batchesPerEpoch === 0) await pipeline.runEpochs();
    }
  }
  await pipeline.runEpochs();
  return pipeline;
}

/** What plan says of an epoch without several workers. */
const alone = { isShared: false, workers: [0], areProfilesShared: false, profileWorkers: [0] };

const atOnce: Feed = { shards: 1, batch: 1_000, batchesPerEpoch: 1_000 };

/** What a play says of each dimension. */
const valuesOf = ({ track, platform, mood, geo }: Play) => ({
  genres: track.genre,
  platforms: platform,
  moods: mood,
  countries: geo?.country,
});

test("the charts of a dimension's values equal an independent recount, today's as that of all time", async () => {
  await fc.assert(
    fc.asyncProperty(somePlays(), async (plays) => {
      const pipeline = await feed(plays, { shards: 2, batch: 7, batchesPerEpoch: 2 });

      for (const list of ["genres", "platforms", "moods", "countries"] as const) {
        for (const window of ["day", "all"] as const) {
          const isIn = ({ startedAt }: Play): boolean =>
            window === "all" || Math.floor(startedAt / 86_400_000) === Math.floor(now / 86_400_000);
          const values = new Set(plays.flatMap((play) => valuesOf(play)[list] ?? []));
          const expected = [...values].map((value) => {
            const ofValue = plays.filter((play) => valuesOf(play)[list] === value);
            const { songs } = recount(ofValue.filter(isIn).map((play) => JSON.stringify(asOne(play))));
            const { songs: ever } = recount(ofValue.map((play) => JSON.stringify(asOne(play))));
            const { plays: count = 0, listenedMs = 0 } = songs.get("one") ?? {};
            return [value, { plays: count, listenedMs, first: ever.get("one")?.first ?? 0 }] as const;
          });
          const totals = new Map(expected);
          const entries = (await pipeline.chart(list, windows[window]))?.entries ?? [];
          expect(
            entries.map(({ id, title, artist, score, plays: count, listenedMs, firstPlayedAt }) => [
              ...[id, title, artist, score],
              { plays: count, listenedMs, first: firstPlayedAt },
            ]),
          ).toEqual(
            ranked(totals).map((value) => [
              value,
              "",
              "",
              BigInt(totals.get(value)?.plays ?? 0),
              totals.get(value),
            ]),
          );
        }
      }
    }),
    { numRuns: 100 },
  );
});

/** A play on the wire as one of a song that all plays are of. */
const asOne = (play: Play): object => {
  const wire = JSON.parse(encodePlay(play));
  return { ...wire, track: { ...wire.track, id: "one" } };
};

/** Everything that must not depend on how plays were cut. */
async function resultOf(pipeline: Pipeline) {
  const charts = [];
  for (const list of chartLists) {
    for (const window of Object.values(windows)) {
      const chart = await pipeline.chart(list, window);
      charts.push(
        chart?.entries.map(({ id, title, artist, score, plays, listenedMs, firstPlayedAt }) =>
          [id, title, artist, score, plays, listenedMs, firstPlayedAt].join("|"),
        ),
      );
    }
  }
  const users = ["U1", "U2", "U3", "U4", "U5", "U6"] as UserId[];
  const profiles = [...(await pipeline.stores.profiles.read(users)).values()].map(({ profile }) => ({
    ...profile,
    artists: new Map([...profile.artists].sort()),
    heard: new Set([...profile.heard].sort()),
  }));
  const published = await pipeline.stores.publications.read(seriesKey);
  const { minutes, day } = published === undefined ? noSeries : decodeSeries(published.body);
  const series = [...minutes, day ?? {}].map((each) => ({ ...each, epoch: undefined }));
  return { charts, profiles, series };
}

test("charts and profiles equal an independent recount", async () => {
  await fc.assert(
    fc.asyncProperty(somePlays(), async (plays) => {
      const expected = recount(plays.map(encodePlay));

      const pipeline = await feed(plays, { shards: 2, batch: 7, batchesPerEpoch: 2 });

      const songs = (await pipeline.chart("songs", allTime))?.entries ?? [];
      const artists = (await pipeline.chart("artists", allTime))?.entries ?? [];
      expect(songs.map((entry) => entry.id)).toEqual(ranked(expected.songs));
      expect(artists.map((entry) => entry.id)).toEqual(ranked(expected.artists));
      for (const { id, plays: count, listenedMs, firstPlayedAt } of songs) {
        expect({ plays: count, listenedMs, first: firstPlayedAt }).toEqual(expected.songs.get(id));
      }
      const stored = await pipeline.stores.profiles.read([...expected.listeners.keys()] as UserId[]);
      expect(stored.size).toBe(expected.listeners.size);
      for (const [user, { profile }] of stored) {
        const listener = expected.listeners.get(user);
        expect(profile).toMatchObject({ plays: listener?.plays, listenedMs: listener?.listenedMs });
        expect(profile.firstHeardAt).toBe(listener?.first);
        expect(new Set(profile.heard)).toEqual(listener?.heard);
        expect(new Map([...profile.artists].map(([name, { plays: count }]) => [name, count]))).toEqual(
          new Map(
            [...(listener?.artists ?? [])].map(([name, { plays: count }]) => [name as ArtistName, count]),
          ),
        );
      }
    }),
    { numRuns: 60 },
  );
});

test("the same plays give the same charts and profiles at any shard count, batch size, tick and epoch size (I7)", async () => {
  const someFeed = fc.record({
    shards: fc.integer({ min: 1, max: 6 }),
    batch: fc.integer({ min: 1, max: 20 }),
    batchesPerEpoch: fc.integer({ min: 1, max: 9 }),
    maxEpochPlays: fc.integer({ min: 1, max: 30 }),
  });
  await fc.assert(
    fc.asyncProperty(somePlays(), someFeed, async (plays, how) => {
      const [one, other] = [await feed(plays, atOnce), await feed(plays, how)];

      expect(await resultOf(other)).toEqual(await resultOf(one));
    }),
    { numRuns: 60 },
  );
});

describe("a stage that is cut off and run again changes nothing more (I5)", () => {
  test("wherever it stopped", async () => {
    await fc.assert(
      fc.asyncProperty(somePlays(), fc.array(fc.nat(12), { maxLength: 4 }), async (plays, crashes) => {
        const expected = await resultOf(await feed(plays, atOnce));
        const pipeline = new Pipeline({ now: () => now });
        for (const [i, half] of [plays.slice(0, 20), plays.slice(20)].entries()) {
          await pipeline.container()(kinesisEvent(recordsOf(half, 1 + 1_000 * i)));
          for (const crash of crashes) await runAndCrash(pipeline, crash);
          await pipeline.runEpochs();
        }

        expect(await resultOf(pipeline)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test("and an epoch that somebody else committed is left alone", async () => {
    const pipeline = await feed(fc.sample(somePlays(60, 1), 1)[0] ?? [], atOnce);

    await expect(pipeline.reduce(1 as EpochNumber)).rejects.toThrow(StaleEpochError);
    await expect(pipeline.userBehavior(1 as EpochNumber)).rejects.toThrow(StaleEpochError);
    await expect(pipeline.recommendation(1 as EpochNumber)).rejects.toThrow(StaleEpochError);
  });
});

/** One run of the stages over stores of which the n-th write fails, after it was carried out. */
async function runAndCrash(pipeline: Pipeline, writesBeforeCrash: number): Promise<void> {
  let left = writesBeforeCrash;
  const crashing = <Store extends object>(store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        const method = (target[name as keyof Store] as (...args: unknown[]) => Promise<unknown>).bind(target);
        if (name !== "apply" && name !== "write") return method;
        return async (...args: unknown[]) => {
          const answer = await method(...args);
          if (left-- <= 0) throw new Error("the container died");
          return answer;
        };
      },
    });
  const stores: PipelineStores = {
    ...pipeline.stores,
    counters: crashing(pipeline.stores.counters),
    profiles: crashing(pipeline.stores.profiles),
    publications: crashing(pipeline.stores.publications),
  };
  const planned = await pipeline.plan();
  if (planned.kind !== "epoch") return;
  try {
    await pipeline.reduce(planned.epoch, stores);
    await pipeline.userBehavior(planned.epoch, stores);
    await pipeline.recommendation(planned.epoch, stores);
  } catch {
    // the next run resumes
  }
}

describe("plan", () => {
  const somePlay = fc.sample(somePlays(1, 1), 1)[0] ?? [];

  test("resumes an unfinished epoch with the record it had", async () => {
    const pipeline = new Pipeline({ now: () => now });
    await pipeline.container()(kinesisEvent(recordsOf(somePlay)));
    await pipeline.plan();
    await pipeline.container()(kinesisEvent(recordsOf(somePlay, 50)));

    const again = await pipeline.plan();

    expect(again).toEqual({ kind: "epoch", epoch: 1, isResumed: true, ...alone });
    expect((await pipeline.stores.epochs.latest())?.to[0]?.counts).toMatchObject({ plays: 1, duplicates: 0 });
  });

  test("stands back while another run holds the lease", async () => {
    const pipeline = new Pipeline({ now: () => now });
    await pipeline.container()(kinesisEvent(recordsOf(somePlay)));
    await pipeline.plan("one");

    expect(await pipeline.plan("other")).toEqual({ kind: "busy" });
  });

  test("has nothing to do without plays, and gives the lease back", async () => {
    const pipeline = new Pipeline({ now: () => now });

    expect(await pipeline.plan("one")).toEqual({ kind: "idle" });
    expect(await pipeline.plan("other")).toEqual({ kind: "idle" });
  });

  test("makes an epoch when the hour rolls over in silence", async () => {
    let clock = now as number;
    const pipeline = new Pipeline({ now: () => clock });
    await pipeline.container()(kinesisEvent(recordsOf(somePlay)));
    await pipeline.runEpochs();
    clock += 3_600_000;

    expect(await pipeline.runEpochs()).toBe(1);
    expect(await pipeline.runEpochs()).toBe(0);
  });

  test("never goes back in time", async () => {
    let clock = now as number;
    const pipeline = new Pipeline({ now: () => clock });
    await pipeline.container()(kinesisEvent(recordsOf(somePlay)));
    await pipeline.runEpochs();
    clock -= 86_400_000;
    const [play] = somePlay;
    if (play === undefined) throw new Error("no sample");
    const next = { ...play, eventId: "other" as Play["eventId"] };
    await pipeline.container()(kinesisEvent(recordsOf([next], 9)));

    await pipeline.runEpochs();

    expect((await pipeline.stores.epochs.latest())?.now).toBe(now);
  });

  describe("with a tick of 5 s", () => {
    const [play] = somePlay;
    const another = (i: number) => kinesisEvent(recordsOf([{ ...play, eventId: `p${i}` } as Play], i));

    test("keeps the lease and says how long to wait until the tick is over", async () => {
      let clock = now as number;
      const pipeline = new Pipeline({ now: () => clock, tickSeconds: 5 });
      await pipeline.container()(another(1));
      await pipeline.runEpochs();
      await pipeline.container()(another(2));
      clock += 1_500;

      expect(await pipeline.plan("one")).toEqual({ kind: "early", waitSeconds: 4 });
      expect(await pipeline.plan("other")).toEqual({ kind: "busy" });
      clock += 3_500;
      expect(await pipeline.plan("one")).toMatchObject({ kind: "epoch", epoch: 2 });
    });

    test("does not wait for a clock that went back", async () => {
      let clock = now as number;
      const pipeline = new Pipeline({ now: () => clock, tickSeconds: 5 });
      await pipeline.container()(another(1));
      await pipeline.runEpochs();
      await pipeline.container()(another(2));
      clock -= 86_400_000;

      expect(await pipeline.plan()).toMatchObject({ kind: "epoch", epoch: 2 });
    });

    test("leaves the epoch to a younger run where it would begin too late in its own", async () => {
      let clock = now as number;
      const pipeline = new Pipeline({ now: () => clock, tickSeconds: 5 });
      await pipeline.container()(another(1));
      await pipeline.runEpochs();
      await pipeline.container()(another(2));
      clock += 1_000;

      expect(await pipeline.plan("old", clock - 47_000)).toEqual({ kind: "idle" });
      expect(await pipeline.plan("young", clock - 46_000)).toEqual({ kind: "early", waitSeconds: 4 });
    });

    test("waits for nothing while more is waiting than an epoch may hold", async () => {
      const pipeline = new Pipeline({ now: () => now, tickSeconds: 5, maxEpochPlays: 1 });
      for (const i of [1, 2, 3]) await pipeline.container()(another(i));

      const planned = await pipeline.plan();
      if (planned.kind !== "epoch") throw new Error("no epoch");
      await pipeline.commit(planned.epoch);

      expect(await pipeline.plan()).toMatchObject({ kind: "epoch", epoch: 2 });
    });
  });

  test("ends an execution that is too old to begin another epoch, though more is waiting", async () => {
    let clock = now as number;
    const pipeline = new Pipeline({ now: () => clock, maxEpochPlays: 1 });
    for (const i of [1, 2, 3]) {
      const play = { ...somePlay[0], eventId: `p${i}` } as Play;
      await pipeline.container()(kinesisEvent(recordsOf([play], i)));
    }
    const planned = await pipeline.plan();
    if (planned.kind !== "epoch") throw new Error("no epoch");
    const startedAt = clock;
    clock += 50_000;

    expect(await pipeline.commit(planned.epoch, "run", startedAt)).toEqual({ more: false, waitingPlays: 2 });
    expect(await pipeline.commit(planned.epoch, "run", startedAt + 1)).toEqual({
      more: true,
      waitingPlays: 2,
    });
  });

  test("tells through commit that more is waiting than an epoch may hold", async () => {
    const plays = Array.from({ length: 30 }, (_, i) => ({ ...somePlay[0], eventId: `p${i}` }) as Play);
    const pipeline = new Pipeline({ now: () => now, maxEpochPlays: 10 });
    for (const [i, play] of plays.entries())
      await pipeline.container()(kinesisEvent(recordsOf([play], i + 1)));
    const planned = await pipeline.plan();
    if (planned.kind !== "epoch") throw new Error("no epoch");

    const commit = await pipeline.commit(planned.epoch);

    expect(commit).toEqual({ more: true, waitingPlays: 20 });
  });

  test("cuts an epoch by bytes where rejects have no plays to count", async () => {
    const pipeline = new Pipeline({ now: () => now, maxEpochPlays: 10 });
    const rejects = Array.from({ length: 4 }, (_, i) => ({
      sequenceNumber: String(i + 1),
      data: Buffer.alloc(500_000, "x"),
      arrivedAt: aMoment,
    }));
    await pipeline.container()(kinesisEvent(rejects));

    expect(await pipeline.runEpochs()).toBeGreaterThan(4);
    expect((await pipeline.stores.epochs.latest())?.to[0]?.counts.rejects).toBe(4);
  });

  test("finds the lease free as soon as an epoch is committed, whatever else arrives", async () => {
    const pipeline = new Pipeline({ now: () => now });
    await pipeline.container()(kinesisEvent(recordsOf(somePlay)));
    const planned = await pipeline.plan("one");
    if (planned.kind !== "epoch") throw new Error("no epoch");
    await pipeline.commit(planned.epoch, "one");

    expect(await pipeline.plan("other")).toEqual({ kind: "idle" });
  });
});

test("a read that misses a segment fails before anything is written (I4)", async () => {
  const plays = fc.sample(somePlays(60, 11), 1)[0] ?? [];
  const stores = memoryStores();
  const pipeline = new Pipeline({ stores, now: () => now });
  for (const [i, play] of plays.entries()) await pipeline.container()(kinesisEvent(recordsOf([play], i + 1)));
  const planned = await pipeline.plan();
  if (planned.kind !== "epoch") throw new Error("no epoch");
  for (const missing of [0, 5, plays.length - 1]) {
    const holed = { ...stores, segments: without(stores.segments, missing) };

    await expect(pipeline.reduce(planned.epoch, holed)).rejects.toThrow(/gap after/);
    await expect(pipeline.userBehavior(planned.epoch, holed)).rejects.toThrow(/gap after/);
  }

  const touched = plays.flatMap(({ track }) => [songKey(track.id as TrackId), artistKey(track.artist)]);
  expect(await stores.counters.read(touched)).toEqual([]);
  expect((await stores.profiles.read(plays.map((play) => play.userId))).size).toBe(0);
});

function without(store: SegmentStore, missing: number): SegmentStore {
  return new Proxy(store, {
    get(target, name: keyof SegmentStore) {
      if (name !== "readRange") return target[name].bind(target);
      return async function* (...args: Parameters<SegmentStore["readRange"]>) {
        let i = 0;
        for await (const segment of target.readRange(...args)) if (i++ !== missing) yield segment;
      };
    },
  });
}

describe("marked plays (I3)", () => {
  const horizon = 600_000;
  const aWhile = horizon + 1;
  const songs = async (pipeline: Pipeline) =>
    (await pipeline.chart("songs", allTime))?.entries.map(({ id, plays }) => [id, plays]);
  const plays = async ({ stores }: Pipeline, user: string) =>
    (await stores.profiles.read([user as UserId])).get(user as UserId)?.profile.plays;

  /** Puts plays one by one, so much later than the one before; `cut`: an epoch ends here. */
  async function counting(
    ...arrivals: readonly (readonly [ms: number, play: Play | "cut"])[]
  ): Promise<Pipeline> {
    let clock = aMoment as number;
    const pipeline = new Pipeline({ now: () => clock });
    for (const [i, [ms, play]] of arrivals.entries()) {
      clock += ms;
      if (play === "cut") await pipeline.runEpochs();
      else {
        const record = { sequenceNumber: String(i + 1), data: encodePlay(play), arrivedAt: clock };
        await pipeline.container()(kinesisEvent([record]));
      }
    }
    await pipeline.runEpochs();
    return pipeline;
  }

  const unmarked = aPlay({ eventId: "e", userId: "u", track: { id: "s" } });
  const marked: Play = { ...unmarked, dedupe: "always" };
  const other: Play = { ...marked, userId: "v" as UserId, track: { ...marked.track, id: "t" as TrackId } };

  test("count once however long after each other, in one epoch or in several", async () => {
    for (const end of [[], [[0, "cut"]]] as const) {
      const pipeline = await counting([0, marked], ...end, [aWhile, marked], ...end, [aWhile, marked]);

      expect(await songs(pipeline)).toEqual([["s", 1]]);
      expect(await plays(pipeline, "u")).toBe(1);
      const latest = await pipeline.stores.epochs.latest();
      expect(latest?.figures?.["commit"]).toMatchObject({ repeats: 2, unqualifiedRepeats: 0 });
    }
  });

  test("count by whoever was first, and leave no trace of the others", async () => {
    const pipeline = await counting([0, marked], [aWhile, other], [0, "cut"], [aWhile, other]);

    expect(await songs(pipeline)).toEqual([["s", 1]]);
    expect(await plays(pipeline, "v")).toBeUndefined();
    expect(await pipeline.stores.counters.read([songKey("t" as TrackId)])).toEqual([]);
    const published = await pipeline.stores.publications.read(recentKey);
    expect(decodeRecent(published?.body ?? "").plays.map(({ play }) => play.userId)).toEqual(["u"]);
  });

  test("do not look at what counted unmarked, and are not looked at by it: that is the sender's", async () => {
    const pipeline = await counting([0, unmarked], [aWhile, marked], [aWhile, unmarked], [aWhile, marked]);

    expect(await songs(pipeline)).toEqual([["s", 3]]);
    expect(await plays(pipeline, "u")).toBe(3);
  });

  test("are duplicates as all others within the horizon, and claim nothing then", async () => {
    const pipeline = await counting([0, unmarked], [horizon, marked]);

    expect(await songs(pipeline)).toEqual([["s", 1]]);
    expect(await pipeline.stores.claims.read([marked.eventId])).toEqual(new Map());
  });

  test("cost nothing where there are none", async () => {
    const stores = memoryStores();
    const asked = (): never => {
      throw new Error("claims were asked for");
    };
    const pipeline = new Pipeline({
      stores: { ...stores, claims: { claim: asked, read: asked } },
      now: () => now,
    });
    await pipeline.container()(kinesisEvent(recordsOf([unmarked])));

    expect(await pipeline.runEpochs()).toBe(1);
  });

  test("whose claims are lost stop the stage that needs them", async () => {
    const pipeline = new Pipeline({ now: () => now });
    await pipeline.container()(kinesisEvent(recordsOf([marked])));
    const planned = await pipeline.plan();
    if (planned.kind !== "epoch") throw new Error("no epoch");

    await expect(pipeline.userBehavior(planned.epoch)).rejects.toThrow("nobody claims event e");
  });

  test("of a shard that was split are claimed before those of its children, wherever epochs end", async () => {
    let clock = aMoment as number;
    const pipeline = new Pipeline({
      now: () => clock,
      maxEpochPlays: 2,
      ancestors: (shard) => (shard === shardKey(1) ? [shardKey(0)] : []),
    });
    const put = async (shard: number, sequenceNumber: number, play: Play): Promise<void> => {
      clock += 1;
      const record = { sequenceNumber: String(sequenceNumber), data: encodePlay(play), arrivedAt: clock };
      await pipeline.container()(kinesisEvent([record], shard));
    };
    for (const n of [1, 2, 3]) await put(0, n, { ...unmarked, eventId: `p${n}` as Play["eventId"] });
    await put(0, 4, marked);
    clock += aWhile;
    await put(1, 5, other);

    await pipeline.runEpochs();

    expect(await songs(pipeline)).toEqual([["s", 4]]);
    expect(await plays(pipeline, "v")).toBeUndefined();
  });
});

test("the lists that recommendations are picked from are what is hot, then the all-time rest", async () => {
  const [template] = fc.sample(somePlays(1, 1), 1)[0] ?? [];
  if (template === undefined) throw new Error("no sample");
  const play = (id: string, startedAt: number): Play => ({
    eventId: `${id}${startedAt}` as Play["eventId"],
    userId: template.userId,
    track: { id: id as TrackId, artist: "A" as ArtistName, title: "" },
    startedAt: startedAt as EpochMs,
  });
  const old = aMoment - 40 * 86_400_000;
  const pipeline = await feed(
    [
      play("old", old),
      play("old", old + 1),
      play("new", aMoment),
      play("both", old),
      play("both", aMoment - 60_000),
    ],
    atOnce,
  );

  const published = await pipeline.stores.publications.read(trendingKey);

  expect(
    decodeTrending(published?.body ?? "").songs.map(({ id, window, rank }) => [id, window, rank]),
  ).toEqual([
    ["new", "hot", 1],
    ["both", "hot", 2],
    ["old", "all", 2],
  ]);
});

test("the feed of recent plays holds the newest in full", async () => {
  const plays = fc.sample(somePlays(60, 31), 1)[0] ?? [];
  const pipeline = await feed(plays, { shards: 1, batch: 10, batchesPerEpoch: 2 });

  const published = await pipeline.stores.publications.read(recentKey);
  const recent = decodeRecent(published?.body ?? "").plays;

  expect(recent).toHaveLength(plays.length);
  expect(recent[0]?.play.startedAt).toBe(Math.max(...plays.map((play) => play.startedAt)));
});
