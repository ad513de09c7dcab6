import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { ArchiveBeginsLaterError, ArchiveBehindError } from "#functions/verify/archive-errors.ts";
import type { StoreSnapshot } from "#functions/verify/store-snapshot.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { MemoryArchive } from "#src/adapters/memory/memory-archive.ts";
import type { ArchiveRange, ArchiveSource } from "#src/domain/archive.ts";
import type { Chart } from "#src/domain/chart.ts";
import type { Counter, CounterKey } from "#src/domain/counter.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { Profile } from "#src/domain/profile.ts";
import type { Totals } from "#src/domain/totals.ts";
import type { WindowId } from "#src/domain/windows.ts";
import { Recount } from "#src/recount/recount.ts";
import { decodeChart, encodeChart } from "#src/wire/chart-codec.ts";
import { ArchivedPipeline, driftByKind } from "#test/support/archived-pipeline.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** A Friday. */
const start = Date.parse("2026-11-20T14:10:00Z");

let plays = 0;

function aPlay(arrivedAt: number, fields: object = {}, track: object = {}): string {
  plays += 1;
  return JSON.stringify({
    event_id: `p${plays}`,
    user_id: "ann",
    started_at: arrivedAt,
    ms_played: 100_000,
    ...fields,
    track: { id: "S1", artist: "Coldplay", title: "Yellow", genre: "pop", duration_ms: 110_000, ...track },
  });
}

/** Duplicates, rejects, late plays, marked plays, several shards and several epochs. */
async function aRun(): Promise<ArchivedPipeline> {
  plays = 0;
  const run = new ArchivedPipeline();
  const put = (shard: number, arrivedAt: number, data: string | Uint8Array) =>
    run.put({ shard, arrivedAt, data });
  await put(0, start, aPlay(start));
  await put(0, start + 1, aPlay(start, { event_id: "p1" }));
  await put(
    1,
    start + 2,
    aPlay(start, { user_id: "bob", rating: 4.5, mood: "Chill" }, { id: "S2", artist: "Moby" }),
  );
  await put(0, start + 3, "no play");
  await run.pipeline.runEpochs();
  const later = start + hourMs;
  const marked = aPlay(later, { user_id: "bob", dedupe: "always", ms_played: 5_000, end_reason: "skip" });
  const lines = [
    aPlay(later, { platform: "ios" }),
    "x".repeat(25_000),
    aPlay(later - 50 * hourMs),
    aPlay(later - 9 * dayMs),
  ];
  await put(1, later, marked);
  await put(0, later, gzipSync(lines.join("\n")));
  await run.pipeline.runEpochs();
  await put(1, later + 20 * minuteMs, marked);
  await put(
    1,
    later + 21 * minuteMs,
    aPlay(later, { user_id: "bob", geo: { country: "Japan" } }, { id: "S2", artist: "Moby" }),
  );
  await run.pipeline.runEpochs();
  return run;
}

let run: ArchivedPipeline;

beforeAll(async () => {
  run = await aRun();
});

test("duplicates, rejects, late and repeated plays of several shards and epochs drift by nothing", async () => {
  const verification = await run.verify();

  const record = await run.stores.epochs.latest();
  expect(verification).toMatchObject({
    epoch: 3,
    at: record?.now,
    from: undefined,
    to: undefined,
    differences: [],
  });
  expect(verification.kinds).toEqual([
    { kind: "counts", compared: 10, drift: 0 },
    { kind: "songs", compared: 2, drift: 0 },
    { kind: "artists", compared: 2, drift: 0 },
    { kind: "dimensions", compared: 4, drift: 0 },
    { kind: "listeners", compared: 2, drift: 0 },
    { kind: "charts", compared: expect.any(Number), drift: 0 },
    { kind: "beyond-horizon", compared: 7, drift: 0 },
  ]);
  expect(record?.to.map(({ counts }) => counts)).toEqual([
    { plays: 4, unqualified: 0, duplicates: 1, rejects: 2 },
    { plays: 4, unqualified: 2, duplicates: 0, rejects: 0 },
  ]);
});

test("before the first epoch there is nothing that could drift", async () => {
  const verification = await new ArchivedPipeline().verify();

  expect(verification.epoch).toBe(0);
  expect(driftByKind(verification)).toEqual({});
});

test("an id that counts again because it comes too late to be a duplicate is a drift of its own", async () => {
  const late = new ArchivedPipeline();
  const play = aPlay(start);
  for (const arrivedAt of [start, start + 10 * minuteMs, start + 20 * minuteMs + 1])
    await late.put({ shard: 0, arrivedAt, data: play });
  await late.pipeline.runEpochs();

  const verification = await late.verify();

  expect(driftByKind(verification)).toEqual({ "beyond-horizon": 1 });
  expect(verification.differences).toEqual([
    "plays whose id had counted longer ago than duplicates are known: 1",
  ]);
});

test("a record that an epoch ends in counts up to there", async () => {
  const cut = new ArchivedPipeline({ maxEpochPlays: 1 });
  const lines = Array.from({ length: 80 }, (_, at) => [aPlay(start), `${at}${"x".repeat(10_300)}`]).flat();
  await cut.put({ shard: 0, arrivedAt: start, data: gzipSync(lines.join("\n")) });
  const places: number[] = [];
  for (;;) {
    const planned = await cut.pipeline.plan();
    if (planned.kind !== "epoch") break;
    await cut.pipeline.reduce(planned.epoch);
    await cut.pipeline.userBehavior(planned.epoch);
    await cut.pipeline.commit(planned.epoch);
    const record = await cut.stores.epochs.latest();
    places.push(...(record?.to.map(({ position }) => Number(position.split(".")[1])) ?? []));

    const verification = await cut.verify();

    expect(driftByKind(verification), verification.differences.join("\n")).toEqual({});
  }
  expect(places.length).toBeGreaterThan(3);
  expect(places.at(-1)).toBe(240);
  expect(places.some((place) => place % 3 === 2)).toBe(true); // between the pieces of a reject
});

/** The snapshot with one counter changed. */
const withCounter = async (
  key: string,
  change: (totals: Totals) => Totals,
): Promise<Partial<StoreSnapshot>> => {
  const snapshot = await run.snapshot();
  return {
    async *counters() {
      for await (const counter of snapshot.counters())
        yield counter.key === key ? { ...counter, totals: change(counter.totals) } : counter;
    },
  };
};

const song = "SONG#S1" as CounterKey;
const hour = "h.2026112015" as WindowId;
const decay = "x.20261120" as WindowId;

describe("one figure of a counter that was changed by hand is one drift, and is named", () => {
  const plus = (field: keyof Totals) => (totals: Totals) => ({
    ...totals,
    [field]: Number(totals[field]) + 1,
  });
  const label = (change: object) => (totals: Totals) => ({
    ...totals,
    label: { ...totals.label, ...change } as Totals["label"],
  });
  const tenth = (index: number, more: number) => (totals: Totals) => ({
    ...totals,
    tenths: Array.from({ length: 11 }, (_, i) => (totals.tenths[i] ?? 0) + (i === index ? more : 0)),
  });
  const window = (change: object) => (totals: Totals) => {
    const share = totals.windows.get(hour);
    return {
      ...totals,
      windows: new Map(totals.windows).set(hour, { plays: 0, listenedMs: 0, ...share, ...change }),
    };
  };
  test.each<[string, string, RegExp, (totals: Totals) => Totals]>([
    [song, "songs", /^SONG#S1 plays: expected 4, stored 5$/, plus("plays")],
    [song, "songs", / unqualified: /, plus("unqualified")],
    [song, "songs", / listenedMs: /, plus("listenedMs")],
    [song, "songs", / completes: /, plus("completes")],
    [song, "songs", / skips: /, plus("skips")],
    [song, "songs", / ratingSum: /, plus("ratingSum")],
    [song, "songs", / ratingCount: /, plus("ratingCount")],
    [song, "songs", / ended at tenth 10: expected 0, stored 1$/, tenth(10, 1)],
    [song, "songs", / ended at tenth 0: expected 1, stored 2$/, tenth(0, 1)],
    [song, "songs", / ended at tenth 0: expected 1, stored 0$/, (totals) => ({ ...totals, tenths: [] })],
    ["ARTIST#Moby", "artists", /^ARTIST#Moby ended at tenth 3: expected 0, stored 1$/, tenth(3, 1)],
    [song, "songs", / firstPlayedAt: /, plus("firstPlayedAt")],
    [
      song,
      "songs",
      / firstPlayedAt: .+ stored nothing$/,
      (totals) => ({ ...totals, firstPlayedAt: undefined }),
    ],
    [song, "songs", / labelled at: /, label({ startedAt: 1 })],
    [song, "songs", / artist: expected "Coldplay", stored "x"$/, label({ artist: "x" })],
    [song, "songs", / title: /, label({ title: "x" })],
    [song, "songs", / h\.2026112015 plays: expected 1, stored 9$/, window({ plays: 9 })],
    [song, "songs", / h\.2026112015 listenedMs: /, window({ listenedMs: 9 })],
    [
      song,
      "songs",
      / [hdw]\.\w+ plays: expected \d, stored 0$/,
      (totals) => ({ ...totals, windows: new Map() }),
    ],
    [
      song,
      "songs",
      / h\.2026112011 plays: expected 0, stored 1$/,
      (totals) => ({
        ...totals,
        windows: new Map(totals.windows).set("h.2026112011" as WindowId, { plays: 1, listenedMs: 0 }),
      }),
    ],
    [
      song,
      "songs",
      / x\.20261120 score: expected \d+, stored 1$/,
      (totals) => ({ ...totals, decays: new Map(totals.decays).set(decay, 1n) }),
    ],
    ...["x.20261120", "x.20261121", "y.20261103", "y.20261127"].map(
      (landmark): [string, string, RegExp, (totals: Totals) => Totals] => [
        song,
        "songs",
        new RegExp(`^SONG#S1 ${landmark} score: expected \\d+, stored 0$`),
        ({ decays, ...totals }) => ({
          ...totals,
          decays: new Map([...decays].filter(([window]) => window !== landmark)),
        }),
      ],
    ),
    ["ARTIST#Moby", "artists", /^ARTIST#Moby plays/, plus("plays")],
    ["DIM#genre#pop", "dimensions", /^DIM#genre#pop plays/, plus("plays")],
    ["DIM#country#JP", "dimensions", /^DIM#country#JP plays/, plus("plays")],
    ["ALL", "counts", /^ALL plays/, plus("plays")],
    ["ALL", "counts", /^ALL firstPlayedAt/, plus("firstPlayedAt")],
    ["REPEATED", "counts", /^REPEATED plays/, plus("plays")],
    ["REPEATED", "counts", /^REPEATED unqualified: expected 1, stored 2$/, plus("unqualified")],
  ])("%s, %s: %s", async (key, kind, difference, change) => {
    const verification = await run.verify({}, await withCounter(key, change));

    expect(driftByKind(verification)).toEqual({ [kind]: 1 });
    expect(verification.differences[0]).toMatch(difference);
  });
});

test("a counter that is missing, and one too many, are a drift each; one of nothing is none", async () => {
  const snapshot = await run.snapshot();
  const counters: Counter[] = [];
  for await (const counter of snapshot.counters()) counters.push(counter);
  const [first] = counters;
  if (first === undefined) throw new Error("no counter");
  const nothing = {
    plays: 0,
    unqualified: 0,
    listenedMs: 0,
    completes: 0,
    skips: 0,
    ratingSum: 0,
    ratingCount: 0,
  };
  const emptied = {
    ...nothing,
    tenths: [],
    firstPlayedAt: undefined,
    label: undefined,
    windows: new Map(),
    decays: new Map(),
    listeners: new Map(),
  };
  const verify = (all: readonly Counter[]) => run.verify({}, { counters: () => each(all) });

  const missing = await verify(counters.filter(({ key }) => key !== "ARTIST#Moby"));
  const extra = await verify([
    ...counters,
    { ...first, key: "SONG#x" as CounterKey, totals: { ...emptied, plays: 1 } },
  ]);
  const forgotten = await verify([...counters, { ...first, key: "SONG#x" as CounterKey, totals: emptied }]);

  expect(driftByKind(missing)).toEqual({ artists: 1 });
  expect(missing.differences[0]).toBe("ARTIST#Moby plays: expected 2, stored 0");
  expect(driftByKind(extra)).toEqual({ songs: 1 });
  expect(driftByKind(forgotten)).toEqual({});
});

async function* each<T>(items: Iterable<T>): AsyncIterableIterator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

describe("one figure of a profile that was changed by hand is one drift, and is named", () => {
  type Change = (profile: Profile) => object;
  const recent =
    (change: object): Change =>
    ({ recent: [newest, ...rest] }) => ({ recent: [{ ...newest, ...change }, ...rest] });
  test.each<[string, Change]>([
    ["plays", ({ plays: n }) => ({ plays: n + 1 })],
    ["unqualified", ({ unqualified }) => ({ unqualified: unqualified + 1 })],
    ["listenedMs", ({ listenedMs }) => ({ listenedMs: listenedMs + 1 })],
    ["completes", ({ completes }) => ({ completes: completes + 1 })],
    ["skips", ({ skips }) => ({ skips: skips + 1 })],
    ["firstHeardAt", ({ firstHeardAt }) => ({ firstHeardAt: firstHeardAt - 1 })],
    ["artists", () => ({ artists: new Map() })],
    [
      '"Moby" plays',
      ({ artists }) => ({
        artists: new Map([...artists].map(([name, own]) => [name, { ...own, plays: 9 }])),
      }),
    ],
    [
      '"Moby" firstHeardAt',
      ({ artists }) => ({
        artists: new Map([...artists].map(([name, own]) => [name, { ...own, firstHeardAt: 9 }])),
      }),
    ],
    ["artistsEnd", () => ({ artistsEnd: "x" })],
    ["tracks heard", ({ heard }) => ({ heard: new Set([...heard, "x"]) })],
    ["heard", ({ heard }) => ({ heard: new Set([...heard].map((track, at) => (at === 0 ? "x" : track))) })],
    ["heardEnd", () => ({ heardEnd: "x" })],
    ["recent plays", ({ recent: all }) => ({ recent: all.slice(1) })],
    ["recent play 1 trackId", recent({ trackId: "x" })],
    ["recent play 1 artist", recent({ artist: "x" })],
    ["recent play 1 title", recent({ title: "x" })],
    ["recent play 1 startedAt", recent({ startedAt: 1 })],
    ["recent play 1 listenedMs", recent({ listenedMs: 1 })],
    ["recent play 1 flags", recent({ flags: 7 })],
  ])("%s", async (name, change) => {
    const snapshot = await run.snapshot();
    const verification = await run.verify(
      {},
      {
        async *profiles() {
          for await (const stored of snapshot.profiles()) {
            const isBob = stored.profile.userId === "bob";
            yield isBob
              ? { ...stored, profile: { ...stored.profile, ...change(stored.profile) } as Profile }
              : stored;
          }
        },
      },
    );

    expect(driftByKind(verification)).toEqual({ listeners: 1 });
    expect(verification.differences[0]).toContain("USER#bob");
    expect(verification.differences[0]).toContain(name);
  });

  test("one that is missing, and one too many", async () => {
    const snapshot = await run.snapshot();
    const missing = await run.verify({}, { profiles: () => each([]) });
    const twice = await run.verify(
      {},
      {
        async *profiles() {
          yield* snapshot.profiles();
          for await (const stored of snapshot.profiles())
            yield { ...stored, profile: { ...stored.profile, userId: "eve" as Profile["userId"] } };
        },
      },
    );

    expect(driftByKind(missing)).toEqual({ listeners: 2 });
    expect(missing.differences[0]).toMatch(
      /^USER#\S+: expected one of plays \d+, unqualified \d+, stored no profile$/,
    );
    expect(twice.differences[0]).toMatch(/^USER#eve: expected no profile, stored one of plays /);
    expect(driftByKind(twice)).toEqual({ listeners: 2 });
  });
});

describe("one line of a chart that was changed by hand is one drift", () => {
  const swapped: (chart: Chart) => Partial<Chart> = ({ entries: [first, second, ...rest] }) => ({
    entries: first && second ? [second, first, ...rest] : [],
  });
  const firstWith =
    (change: object) =>
    ({ entries: [first, ...rest] }: Chart) =>
      ({ entries: [{ ...first, ...change }, ...rest] }) as Partial<Chart>;
  test.each<[string, string, (chart: Chart) => Partial<Chart>]>([
    ["CHART#songs#all", "order", swapped],
    ["CHART#songs#h.2026112015", "order", swapped],
    ["CHART#songs#d.20261120", "order", swapped],
    ["CHART#songs#w.2026W47", "order", swapped],
    ["CHART#songs#x.20261120", "order", swapped],
    ["CHART#artists#all", "order", swapped],
    ["CHART#listeners#all", "order", swapped],
    ["CHART#genres#d.20261120", "a score", firstWith({ score: 99n })],
    ["CHART#genres#all", "an artist", firstWith({ artist: "pop" })],
    ["CHART#platforms#all", "plays", firstWith({ plays: 99 })],
    ["CHART#moods#d.20261120", "an id", firstWith({ id: "x" })],
    ["CHART#countries#all", "a line too few", ({ entries }) => ({ entries: entries.slice(1) })],
    ["CHART#songs#all", "a line too few", ({ entries }) => ({ entries: entries.slice(1) })],
    ["CHART#songs#all", "an id", firstWith({ id: "x" })],
    ["CHART#songs#all", "a title", firstWith({ title: "x" })],
    ["CHART#songs#all", "an artist", firstWith({ artist: "x" })],
    ["CHART#songs#all", "a score", firstWith({ score: 99n })],
    ["CHART#songs#all", "plays", firstWith({ plays: 99 })],
    ["CHART#songs#all", "listened time", firstWith({ listenedMs: 99 })],
    ["CHART#songs#all", "first played", firstWith({ firstPlayedAt: 99 })],
  ])("%s, %s", async (key, _, change) => {
    const verification = await run.verify({}, await withChart(key, change));

    expect(driftByKind(verification)).toEqual({ charts: 1 });
    expect(verification.differences[0]).toContain(`${key} rank `);
  });

  test("one that is missing", async () => {
    const snapshot = await run.snapshot();
    const publication: StoreSnapshot["publication"] = (name) =>
      name === "CHART#artists#d.20261120" ? Promise.resolve(undefined) : snapshot.publication(name);

    expect(driftByKind(await run.verify({}, { publication }))).toEqual({ charts: 1 });
  });

  test("one of a window in which values have no chart is not asked for", async () => {
    const snapshot = await run.snapshot();
    const asked: string[] = [];
    const publication: StoreSnapshot["publication"] = (name) => {
      asked.push(name);
      return snapshot.publication(name);
    };

    await run.verify({}, { publication });

    const ofGenres = asked.filter((name) => name.startsWith("CHART#genres#"));
    expect(ofGenres).toContain("CHART#genres#d.20261120");
    expect(ofGenres.filter((name) => !/#(?:all|d\.\d{8})$/.test(name))).toEqual([]);
  });

  test("what rises is recounted by nobody", async () => {
    const sketched = await run.verify(
      {},
      await withCounter(song, (totals) => ({
        ...totals,
        listeners: new Map([["r.2026112015" as WindowId, 77n]]),
      })),
    );
    const charted = await run.verify(
      {},
      await withChart("CHART#songs#r.2026112015", () => ({ entries: [] })),
    );

    expect(driftByKind(sketched)).toEqual({});
    expect(driftByKind(charted)).toEqual({});
  });

  test("previous rank, peak, who is back and who left belong to one store's log", async () => {
    const change = (chart: Chart) => ({
      ...firstWith({ previousRank: 400, peak: 7, isBack: true })(chart),
      departures: [{ id: "S9", peak: 3 }],
    });

    expect(driftByKind(await run.verify({}, await withChart("CHART#songs#all", change)))).toEqual({});
  });
});

async function withChart(
  key: string,
  change: (chart: Chart) => Partial<Chart>,
): Promise<Partial<StoreSnapshot>> {
  const snapshot = await run.snapshot();
  return {
    async publication(name) {
      const found = await snapshot.publication(name);
      if (name !== key || found === undefined) return found;
      const chart = decodeChart(found.body, name);
      return { ...found, body: encodeChart({ ...chart, ...change(chart) }) };
    },
  };
}

test.each(["plays", "unqualified", "duplicates", "rejects"] as const)(
  "a shard's %s that were changed by hand are a drift",
  async (figure) => {
    const { record } = await run.snapshot();
    if (record === undefined) throw new Error("no epoch");
    const [first, ...rest] = record.to;
    if (first === undefined) throw new Error("no head");
    const to = [{ ...first, counts: { ...first.counts, [figure]: 77 } }, ...rest];

    const verification = await run.verify({}, { record: { ...record, to } });

    expect(driftByKind(verification)).toEqual({ counts: 1 });
    expect(verification.differences[0]).toMatch(
      new RegExp(`^plays/shardId-0+ ${figure}: expected \\d, stored 77$`),
    );
  },
);

describe("a range", () => {
  const day = { from: Date.parse("2026-11-20") as EpochMs, to: Date.parse("2026-11-21") as EpochMs };
  /** A song of that day which was first played before, two that are equals, and days before and after. */
  async function days(): Promise<ArchivedPipeline> {
    const all = new ArchivedPipeline();
    for (let at = start - 20 * dayMs; at < start + 3 * dayMs; at += 7 * hourMs) {
      await all.put(
        { shard: 0, arrivedAt: at, data: aPlay(at - 30 * minuteMs) },
        {
          shard: 1,
          arrivedAt: at,
          data: aPlay(at - 30 * minuteMs, { user_id: "bob" }, { id: "S0", artist: "Moby" }),
        },
      );
      await all.pipeline.runEpochs();
    }
    await all.put({ shard: 0, arrivedAt: start + 4 * dayMs, data: aPlay(start, {}, { id: "S9" }) });
    await all.pipeline.runEpochs();
    return all;
  }

  test("compares what lies wholly in it and reads only what arrived for it", async () => {
    const all = await days();
    const asked: ArchiveRange[] = [];
    const { archive } = all;
    const list: ArchiveSource["list"] = (range = {}) => {
      asked.push(range);
      return MemoryArchive.prototype.list.call(archive, range);
    };
    Object.assign(archive, { list });

    const verification = await all.verify({ range: day });

    expect(driftByKind(verification), verification.differences.join("\n")).toEqual({});
    expect(verification.kinds.map(({ kind }) => kind)).toEqual([
      "songs",
      "artists",
      "dimensions",
      "charts",
      "beyond-horizon",
    ]);
    expect(verification).toMatchObject(day);
    const charts = verification.kinds.find(({ kind }) => kind === "charts");
    expect(charts?.compared).toBeGreaterThan(4);
    expect(asked).toContainEqual({ from: day.from - 2 * hourMs, to: start + 4 * dayMs + 1 });
  });

  test("sees a window and a chart that were changed, and nothing outside", async () => {
    const all = await days();
    const change = async (window: string) => {
      const snapshot = await all.snapshot();
      const counters: StoreSnapshot["counters"] = async function* () {
        for await (const counter of snapshot.counters()) {
          const { windows } = counter.totals;
          const changed = new Map(windows).set(window as WindowId, { plays: 50, listenedMs: 0 });
          yield counter.key === song
            ? { ...counter, totals: { ...counter.totals, windows: changed } }
            : counter;
        }
      };
      return driftByKind(await all.verify({ range: day }, { counters }));
    };

    expect(await change("d.20261120")).toEqual({ songs: 1 });
    expect(await change("h.2026112023")).toMatchObject({ songs: 1 });
    expect(await change("d.20261121")).toEqual({});
    expect(await change("h.2026112100")).toEqual({});
    expect(await change("w.2026W47")).toEqual({});
  });

  test("needs no more of the archive than it reads", async () => {
    const all = await days();
    const cut = await archiveFrom(all, day.from - 8 * hourMs);
    const snapshot = await all.snapshot();
    const deps = { archive: cut, snapshot, clock: () => 0 as EpochMs, ...nodeRecordCodec };
    const { verify } = await import("#functions/verify/verification.ts");

    expect(driftByKind(await verify(deps, { range: day }))).toEqual({});
    await expect(verify(deps, { range: { ...day, from: (day.from - dayMs) as EpochMs } })).rejects.toThrow(
      ArchiveBeginsLaterError,
    );
    await expect(verify(deps)).rejects.toThrow(
      /begins at 2026-11-\S+, after what was counted first: name with --from/,
    );
  });

  test("asks nothing of a shard that ended before it", async () => {
    const all = await days();
    const longAgo = start - 20 * dayMs;
    await all.put({ shard: 2, arrivedAt: longAgo, data: aPlay(longAgo, {}, { id: "S8" }) });
    await all.pipeline.runEpochs();

    expect(driftByKind(await all.verify({ range: day }))).toEqual({});
  });
});

/** The archive without what arrived before. */
async function archiveFrom({ archive }: ArchivedPipeline, from: number): Promise<MemoryArchive> {
  const cut = new MemoryArchive();
  for (const object of await archive.list({ from: from as EpochMs }))
    for await (const record of archive.read(object)) await cut.write([record]);
  return cut;
}

describe("an archive that lags", () => {
  async function lagging() {
    const all = await aRun();
    const snapshot = await all.snapshot();
    const archive = new MemoryArchive();
    const objects = [...(await all.archive.list())];
    const add = async (count: number) => {
      for (const object of objects.splice(0, count))
        for await (const record of all.archive.read(object)) await archive.write([record]);
    };
    const deps = { archive, snapshot, clock: () => 0 as EpochMs, ...nodeRecordCodec };
    const { verify } = await import("#functions/verify/verification.ts");
    return { add, verify: (wait?: () => Promise<boolean>) => verify(deps, wait && { waitForArchive: wait }) };
  }

  test("is an error that says by how much", async () => {
    const { add, verify } = await lagging();
    await expect(verify()).rejects.toThrow(
      /^the archive has no record of plays\/shardId-0+, of what is counted up to /,
    );
    await add(7);

    const failure = verify();

    await expect(failure).rejects.toThrow(ArchiveBehindError);
    await expect(failure).rejects.toThrow(
      /^the archive of plays\/shardId-0+1 ends 60 s before what is counted up to \S+: its writer lags or does not run; /,
    );
  });

  test("is waited for, and what comes is counted once", async () => {
    const { add, verify } = await lagging();
    let waits = 0;

    const verification = await verify(async () => {
      waits += 1;
      await add(1);
      return true;
    });

    expect(waits).toBe(8);
    expect(driftByKind(verification)).toEqual({});
  });
});

describe("what was erased", () => {
  const recount = (
    data: string | Uint8Array,
    erased?: readonly { entry: number; was: "play" | "unqualified" | "duplicate" | "reject" | "piece" }[],
  ) => {
    const all = new Recount(nodeRecordCodec);
    const record = { shard: "s", arrivedAt: start, data: Buffer.from(data), ...(erased && { erased }) };
    for (const judged of all.judge(record)) all.count(judged);
    return all;
  };

  test("keeps its places and its part in the shard's figures, and counts nowhere else", () => {
    const lines = [aPlay(start), "no play", aPlay(start), "y".repeat(11_000), aPlay(start, { ms_played: 1 })];
    const kept = ["", "no play", aPlay(start), "", ""];
    const whole = recount(gzipSync(lines.join("\n")));
    const erased = [
      { entry: 0, was: "play" },
      { entry: 3, was: "reject" },
      { entry: 4, was: "piece" },
      { entry: 5, was: "unqualified" },
    ] as const;

    const partly = recount(gzipSync(kept.join("\n")), erased);

    expect(partly.shards).toEqual(whole.shards);
    expect(partly.forgotten).toEqual({ plays: 1, unqualified: 1 });
    expect(partly.songs.get("S1")).toMatchObject({ plays: 1, unqualified: 0 });
    expect(partly.profiles.get("ann")?.plays).toBe(1);
  });

  test("of a whole record leaves no reject behind", () => {
    const single = recount("", [{ entry: 0, was: "duplicate" }]);
    const block = recount(gzipSync("\n\n"), [
      { entry: 0, was: "play" },
      { entry: 1, was: "reject" },
    ]);

    expect(single.shards.get("s")).toEqual({ plays: 0, unqualified: 0, duplicates: 1, rejects: 0 });
    expect(block.shards.get("s")).toEqual({ plays: 1, unqualified: 0, duplicates: 0, rejects: 1 });
  });

  test("names its line and its listener before it goes", () => {
    const lines = ["", aPlay(start), `{"user_id":"bob"}`, "no play"];

    const judged = new Recount(nodeRecordCodec).judge({
      shard: "s",
      arrivedAt: start,
      data: gzipSync(lines.join("\n")),
    });

    expect(judged.map(({ line, was, userId }) => [line, was, userId])).toEqual([
      [1, "play", "ann"],
      [2, "reject", "bob"],
      [3, "reject", undefined],
    ]);
  });
});
