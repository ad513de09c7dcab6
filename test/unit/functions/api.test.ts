import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { beforeEach, describe, expect, test } from "vitest";
import type { ApiDeps } from "#functions/api/api-request.ts";
import { createApiHandler } from "#functions/api/handler.ts";
import { routes } from "#functions/api/router.ts";
import { songKey } from "#src/domain/counter.ts";
import { decayWeight, landmarkAt } from "#src/domain/decay.ts";
import { DimensionTops, type SongName } from "#src/domain/dimension-tops.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { ArtistName, EpochMs, TrackId, UserId } from "#src/domain/play.ts";
import type { Head } from "#src/domain/position.ts";
import type { Profile } from "#src/domain/profile.ts";
import type { TrendingSong } from "#src/domain/recommend.ts";
import { exactCounts } from "#src/domain/space-saving.ts";
import { noTotals, type Totals } from "#src/domain/totals.ts";
import { allTime, currentWindows, dayMs, hourMs } from "#src/domain/windows.ts";
import type { StreamRecord } from "#src/ports/play-stream.ts";
import { partitionKeyOf } from "#src/wire/partition-key.ts";
import { encodeRecent, recentKey } from "#src/wire/recent-codec.ts";
import { encodeTops, type TopsDocument, topsKey } from "#src/wire/tops-codec.ts";
import { encodeTrending, trendingKey } from "#src/wire/trending-codec.ts";
import { aMoment } from "#test/support/arbitraries.ts";
import { aPlay } from "#test/support/builders.ts";
import {
  aFeed,
  aHead,
  anEntry,
  anEpoch,
  commitEpoch,
  type MemoryStores,
  memoryStores,
  publishChart,
  todaysSongs,
} from "#test/support/published.ts";

let stores: MemoryStores;
let put: StreamRecord[];
let heads: Head[];
let deps: ApiDeps;
beforeEach(() => {
  stores = memoryStores();
  put = [];
  heads = [];
  deps = {
    ...stores,
    access: "open",
    segments: { readHeads: () => Promise.resolve(heads) },
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    plays: {
      put(records) {
        put.push(...records);
        return Promise.resolve();
      },
    },
  };
});

interface Call {
  readonly query?: Record<string, string>;
  readonly body?: string;
  readonly contentType?: string;
  readonly stage?: string;
}

function anEvent(method: string, rawPath: string, { query, body, contentType, stage }: Call) {
  const event = {
    version: "2.0",
    rawPath,
    headers: contentType === undefined ? {} : { "content-type": contentType },
    ...(query === undefined ? {} : { queryStringParameters: query }),
    ...(body === undefined ? {} : { body }),
    isBase64Encoded: false,
    requestContext: { http: { method, path: rawPath }, stage: stage ?? "$default" },
  };
  return event as unknown as APIGatewayProxyEventV2;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into any answer
  readonly body: any;
}

async function call(method: string, path: string, options: Call = {}): Promise<Answer> {
  const { statusCode, headers, body } = await createApiHandler(deps)(anEvent(method, path, options));
  return {
    status: statusCode,
    headers: headers ?? {},
    body: body === undefined ? undefined : JSON.parse(body),
  };
}

const get = (path: string, query?: Record<string, string>) =>
  call("GET", path, query === undefined ? {} : { query });
const post = (body: unknown, contentType = "application/json") =>
  call("POST", "/plays", { body: typeof body === "string" ? body : JSON.stringify(body), contentType });

const aWirePlay = (overrides: object = {}) => ({
  event_id: "e1",
  user_id: "u1",
  track: { id: "S1", artist: "Coldplay", title: "Yellow" },
  started_at: aMoment - 200_000,
  ms_played: 180_000,
  ...overrides,
});

const textOf = (record: StreamRecord | undefined) => new TextDecoder().decode(record?.data);

describe("POST /plays", () => {
  test("one play goes into the stream under its listener's partition key", async () => {
    const answer = await post(aWirePlay());

    expect(answer).toMatchObject({
      status: 200,
      body: { accepted: 1, rejected: 0, results: [{ index: 0, status: "accepted", event_id: "e1" }] },
    });
    expect(put.map((record) => record.partitionKey)).toEqual([partitionKeyOf("u1" as UserId)]);
    expect(JSON.parse(textOf(put[0]))).toMatchObject(aWirePlay());
  });

  test("a play without an id gets the same one each time, so that a repeated request counts once", async () => {
    const play = aWirePlay({ event_id: undefined });

    const [first, second] = [await post(play), await post(play)];

    expect(first.body.results[0].event_id).toMatch(/^[\da-f]{32}$/);
    expect(second.body.results).toEqual(first.body.results);
    expect(JSON.parse(textOf(put[0])).event_id).toBe(first.body.results[0].event_id);
  });

  test("of an array the good plays are accepted and each bad one says why", async () => {
    const { status, body } = await post([aWirePlay(), aWirePlay({ user_id: "a@b.example" }), 7]);

    expect(status).toBe(207);
    expect(body).toMatchObject({
      accepted: 1,
      rejected: 2,
      results: [
        { index: 0, status: "accepted" },
        { index: 1, status: "rejected", field: "user_id", reason: expect.stringContaining("e-mail") },
        { index: 2, status: "rejected", field: "record" },
      ],
    });
    expect(put).toHaveLength(1);
  });

  test.each([
    ["with its content type", "application/x-ndjson"],
    ["as curl sends it", "application/x-www-form-urlencoded"],
    ["labelled as JSON", "application/json"],
  ])("a bad line of newline-delimited JSON, %s, never spoils the others", async (_how, contentType) => {
    const lines = [
      "{not json",
      JSON.stringify(aWirePlay()),
      "",
      JSON.stringify(aWirePlay({ event_id: "e2" })),
    ];

    const { status, body } = await post(`${lines.join("\r\n")}\n`, contentType);

    expect(status).toBe(207);
    expect(body.results).toMatchObject([
      { index: 0, status: "rejected", field: "record" },
      { index: 1, status: "accepted", event_id: "e1" },
      { index: 2, status: "accepted", event_id: "e2" },
    ]);
  });

  test("where no play is accepted the error names the field of the first", async () => {
    const { status, body } = await post(aWirePlay({ track: { id: "S1" } }));

    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: "no_play_accepted", field: "track.artist" });
    expect(body.error.message).toMatch(/^track\.artist: expected 1 to 1024 characters/);
    expect(body.results).toHaveLength(1);
    expect(put).toEqual([]);
  });

  test.each([
    ["an empty body", "", 400, "empty"],
    ["an empty array", "[]", 400, "empty"],
    ["a broken object", '{\n"user_id": "u1",\n', 400, "bad_json"],
    ["a body over 1 MiB", `[${'"é",'.repeat(250_000)}1]`, 413, "body_too_large"],
    ["more than 500 plays", JSON.stringify(Array.from({ length: 501 }, () => 1)), 413, "too_many_plays"],
  ])("%s is refused as a whole", async (_what, body, status, code) => {
    expect(await post(body)).toMatchObject({ status, body: { error: { code } } });
    expect(put).toEqual([]);
  });

  test.each([499, 500])("%d plays in a request are taken", async (plays) => {
    const body = Array.from({ length: plays }, () => aWirePlay());

    expect(await post(body)).toMatchObject({ status: 200, body: { accepted: plays } });
  });

  test.each([1024 * 1024 - 1, 1024 * 1024])("a body of %d bytes is taken", async (bytes) => {
    const plays = JSON.stringify([aWirePlay()]);

    expect(await post(plays + " ".repeat(bytes - plays.length))).toMatchObject({ status: 200 });
  });

  test.each(["gzip", "br", "deflate, gzip"])(
    "a body that expands, by %s, is refused unread",
    async (encoding) => {
      const event = anEvent("POST", "/plays", { body: JSON.stringify(aWirePlay()) });
      const headers = { ...event.headers, "content-encoding": encoding };

      const answer = await createApiHandler(deps)({ ...event, headers });

      expect(answer).toMatchObject({ statusCode: 415, body: expect.stringContaining("content-encoding") });
      expect(put).toEqual([]);
    },
  );

  test("a play that outgrows the limit by what is derived is refused here, not lost later", async () => {
    const bare = { user_id: "u1", track: { artist: "a", title: "t" }, started_at: aMoment, ext: { x: "" } };
    const room = 10_240 - Buffer.byteLength(JSON.stringify(bare));

    const { status, body } = await post({ ...bare, ext: { x: "x".repeat(room) } });

    expect(status).toBe(400);
    expect(body.error.field).toBe("record");
  });

  test("a body in base64, as API Gateway hands over what it takes for binary, is read", async () => {
    const event = anEvent("POST", "/plays", {
      body: Buffer.from(JSON.stringify(aWirePlay())).toString("base64"),
    });

    const { statusCode } = await createApiHandler(deps)({ ...event, isBase64Encoded: true });

    expect(statusCode).toBe(200);
  });

  test("a stream that refuses is 503, and the answer says that repeating is safe", async () => {
    deps = { ...deps, plays: { put: () => Promise.reject(new StoreError("throttled")) } };

    expect(await post(aWirePlay())).toMatchObject({
      status: 503,
      body: {
        error: { code: "stream_unavailable", message: expect.stringContaining("send the same again") },
      },
    });
  });
});

describe("GET /charts/{list}", () => {
  test("before the first epoch a chart is empty", async () => {
    const { status, body } = await get("/charts/songs");

    expect(status).toBe(200);
    expect(body).toMatchObject({ list: "songs", window: "hot", instance: null, seq: 0, entries: [] });
  });

  test("an entry has its ranks, totals and times", async () => {
    await commitEpoch(stores, anEpoch(3));
    await publishChart(
      stores,
      todaysSongs(3, 9, [anEntry("S1", { previousRank: 2, peak: 1 }), anEntry("S2", { score: 2n })]),
    );

    const { status, body } = await get("/charts/songs", { window: "day", limit: "1" });

    expect(status).toBe(200);
    expect(body).toEqual({
      list: "songs",
      window: "day",
      instance: "d.20261120",
      log: "store/d.20261120",
      seq: 9,
      epoch: 3,
      now: "2026-11-20T14:00:00.000Z",
      total: 2,
      entries: [
        {
          rank: 1,
          previous_rank: 2,
          peak: 1,
          id: "S1",
          title: "title of S1",
          artist: "Coldplay",
          plays: 3,
          listened_ms: 600_000,
          score: 3,
          first_played_at: "2026-11-20T13:59:00.000Z",
        },
      ],
    });
  });

  test("the hot score is what the plays are worth now, to three decimals", async () => {
    await commitEpoch(stores, anEpoch(1));
    const score = BigInt(decayWeight("hot", aMoment - 20 * 60_000, landmarkAt("hot", aMoment)));
    await publishChart(stores, {
      ...todaysSongs(1, 1, [anEntry("S1", { score })]),
      window: currentWindows(aMoment).hot,
    });

    expect((await get("/charts/songs")).body.entries[0].score).toBe(0.794);
  });

  test("the score of hot24 halves in a day", async () => {
    await commitEpoch(stores, anEpoch(1));
    const score = BigInt(decayWeight("hot24", aMoment - dayMs, landmarkAt("hot24", aMoment)));
    const window = currentWindows(aMoment).hot24;
    await publishChart(stores, { ...todaysSongs(1, 1, [anEntry("S1", { score })]), window });

    const { body } = await get("/charts/songs", { window: "hot24" });

    expect(body).toMatchObject({ window: "hot24", instance: window, log: `store/${window}` });
    expect(body.entries[0].score).toBe(0.5);
  });

  test("the chart of what rises says what was expected and how many listen", async () => {
    await commitEpoch(stores, anEpoch(1));
    const window = currentWindows(aMoment).rising;
    const entry = anEntry("S1", { score: 3_500n, plays: 10, rise: { expected: 3.04, listeners: 9 } });
    await publishChart(stores, { ...todaysSongs(1, 1, [entry]), window });

    const { body } = await get("/charts/songs", { window: "rising" });

    expect(body).toMatchObject({ window: "rising", instance: "r.2026112014", total: 1 });
    expect(body.entries).toMatchObject([{ plays: 10, score: 3.5, expected: 3, listeners: 9 }]);
  });

  test("the chart of a dimension's values is today's, or that of all time", async () => {
    await commitEpoch(stores, anEpoch(3));
    const value = anEntry("Rock", { title: "", artist: "" });
    await publishChart(stores, { ...todaysSongs(3, 9, [value]), list: "genres" });
    await publishChart(stores, {
      ...todaysSongs(3, 4, [value, anEntry("Pop")]),
      ...{ list: "genres" as const, window: allTime },
    });

    const today = await get("/charts/genres");
    const ever = await get("/charts/genres", { window: "all" });

    expect(today.body).toMatchObject({ list: "genres", window: "day", instance: "d.20261120", total: 1 });
    expect(today.body.entries).toMatchObject([{ rank: 1, id: "Rock", title: "", artist: "", plays: 3 }]);
    expect(ever.body).toMatchObject({ window: "all", seq: 4, total: 2 });
    for (const list of ["platforms", "moods", "countries"])
      expect((await get(`/charts/${list}`)).body).toMatchObject({ list, window: "day", seq: 0, entries: [] });
  });

  test.each([1, 499, 500])("a chart of %d entries may be asked for", async (limit) => {
    expect((await get("/charts/songs", { limit: String(limit) })).status).toBe(200);
  });

  test.each([
    ["/charts/listeners", {}, "list", "listeners"],
    ["/charts/cities", {}, "list", "cities"],
    ["/charts/songs", { window: "month" }, "window", "month"],
    ["/charts/genres", { window: "hot" }, "window", "day, all"],
    ["/charts/songs", { limit: "0" }, "limit", "0"],
    ["/charts/songs", { limit: "501" }, "limit", "501"],
    ["/charts/songs", { limit: "1e2" }, "limit", "1e2"],
    ["/charts/songs", { limit: "" }, "limit", '""'],
  ])("%s with %j is refused, naming the parameter and its value", async (path, query, field, value) => {
    const { status, body } = await get(path, query);

    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: "bad_parameter", field });
    expect(body.error.message).toContain(value);
  });
});

describe("GET /charts/songs?by=&value=", () => {
  /** Today's songs of 42 genres, two more than have counters: before the last one came, one of two plays had lost its. */
  async function publishTops(overrides: Partial<TopsDocument> = {}): Promise<void> {
    const tops = new DimensionTops();
    const song = (n: number) => ({ title: `t${n}`, artist: "A" });
    const nameOf = (id: string): SongName => song(Number(id.slice(1)));
    const rock = new Map<string, number>();
    for (let i = 1; i <= 60; i++) rock.set(`S${String(i).padStart(2, "0")}`, 70 - i);
    tops.add(new Map([["Rock", exactCounts(rock, nameOf)]]));
    for (let genre = 2; genre <= 42; genre++)
      tops.add(new Map([[`genre ${genre}`, exactCounts(new Map([["S1", 2]]), nameOf)]]));
    const day = (Math.floor(aMoment / dayMs) * dayMs) as EpochMs;
    const document = { day, since: undefined, now: (aMoment - 1000) as EpochMs, tops: tops.state() };
    await stores.publications.write(topsKey("genre"), {
      epoch: 3 as EpochNumber,
      body: encodeTops({ ...document, ...overrides }),
    });
  }
  const ofGenre = (value: string, query: Record<string, string> = {}) =>
    get("/charts/songs", { by: "genre", value, ...query });

  test("says what was counted of a value's songs, and how wrong it may be", async () => {
    await commitEpoch(stores, anEpoch(3));
    await publishTops();

    const { status, body } = await ofGenre("Rock", { limit: "2", window: "day" });

    expect(status).toBe(200);
    expect(body).toEqual({
      list: "songs",
      by: "genre",
      value: "Rock",
      day: "2026-11-20",
      approximate: true,
      as_of: "2026-11-20T13:59:59.000Z",
      since: null,
      plays: 2370,
      error: 19,
      total: 50,
      entries: [
        { rank: 1, id: "S01", title: "t1", artist: "A", plays: 69, error: 0 },
        { rank: 2, id: "S02", title: "t2", artist: "A", plays: 68, error: 0 },
      ],
    });
    expect((await ofGenre("Rock")).body.entries).toHaveLength(50);
  });

  test("of a value that is not counted, says how often a song of it may have been played", async () => {
    await commitEpoch(stores, anEpoch(3));
    await publishTops();
    const late = (await ofGenre("genre 42")).body;

    expect(late).toMatchObject({ plays: 2, error: 2, entries: [{ id: "S1", plays: 4, error: 2 }] });
    expect((await ofGenre("no such genre")).body).toMatchObject({
      plays: 0,
      error: 2,
      total: 0,
      entries: [],
    });
  });

  test("is empty before anything was published, and where that was of another day", async () => {
    const nothing = { plays: 0, error: 0, total: 0, entries: [] };
    expect((await ofGenre("Rock")).body).toMatchObject({ day: null, as_of: null, since: null, ...nothing });
    await commitEpoch(stores, anEpoch(3));
    expect((await ofGenre("Rock")).body).toMatchObject({ day: "2026-11-20", as_of: null, ...nothing });
    const yesterday = (Math.floor(aMoment / dayMs) * dayMs - dayMs) as EpochMs;

    await publishTops({ day: yesterday, now: (yesterday + 5) as EpochMs });

    const time = "2026-11-19T00:00:00.005Z";
    expect((await ofGenre("Rock")).body).toMatchObject({
      ...{ day: "2026-11-20", as_of: time, since: time },
      ...nothing,
    });
  });

  test("names the time before which nothing is counted", async () => {
    await commitEpoch(stores, anEpoch(3));
    await publishTops({ since: (aMoment - 60_000) as EpochMs });

    expect((await ofGenre("Rock")).body.since).toBe("2026-11-20T13:59:00.000Z");
  });

  test.each([
    ["/charts/songs", { by: "city", value: "Rome" }, "by", '"city"'],
    ["/charts/songs", { value: "Rock" }, "by", "genre, platform, mood, country"],
    ["/charts/songs", { by: "genre" }, "value", "genre"],
    ["/charts/songs", { by: "genre", value: "" }, "value", "genre"],
    ["/charts/songs", { by: "genre", value: "Rock", limit: "51" }, "limit", "51"],
    ["/charts/songs", { by: "genre", value: "Rock", window: "week" }, "window", "week"],
    ["/charts/artists", { by: "genre", value: "Rock" }, "by", "artists"],
  ])("%s with %j is refused, naming the parameter and its value", async (path, query, field, value) => {
    const { status, body } = await get(path, query);

    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: "bad_parameter", field });
    expect(body.error.message).toContain(value);
  });
});

const aProfile = (overrides: Partial<Profile> = {}): Profile => ({
  userId: "u/1 ü" as UserId,
  plays: 3,
  unqualified: 1,
  listenedMs: 600_000,
  completes: 2,
  skips: 1,
  firstHeardAt: aMoment,
  artists: new Map([
    ["Radiohead" as ArtistName, { plays: 1, firstHeardAt: aMoment }],
    ["Coldplay" as ArtistName, { plays: 2, firstHeardAt: aMoment }],
  ]),
  heard: new Set(["S1" as TrackId]),
  ...{ artistsEnd: undefined, heardEnd: undefined },
  recent: [
    {
      trackId: "S1" as TrackId,
      artist: "Coldplay" as ArtistName,
      title: "Yellow",
      startedAt: aMoment,
      listenedMs: 10_000,
      flags: 4,
    },
  ],
  ...overrides,
});

async function store(profile: Profile): Promise<void> {
  await stores.profiles.write(2 as EpochNumber, [{ profile, epochRead: undefined }]);
}

describe("GET /songs/{id}", () => {
  const songTotals = (overrides: Partial<Totals> = {}): Totals => ({
    ...noTotals,
    plays: 4,
    label: { startedAt: aMoment, artist: "Coldplay" as ArtistName, title: "Yellow" },
    ...overrides,
  });
  const count = (id: string, totals: Totals) =>
    stores.counters.apply(3 as EpochNumber, aMoment, [{ key: songKey(id as TrackId), totals }]);

  test("tells totals, current windows, hours, how long listeners stay, and ranks", async () => {
    await commitEpoch(stores, anEpoch(3));
    const { hour, day, week } = currentWindows(aMoment);
    const hoursAgo = (hours: number) => currentWindows((aMoment - hours * hourMs) as EpochMs).hour;
    await count(
      "S1",
      songTotals({
        ...{ unqualified: 1, listenedMs: 900_000, completes: 3, skips: 2, ratingSum: 899, ratingCount: 2 },
        ...{ tenths: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], firstPlayedAt: (aMoment - 60_000) as EpochMs },
        windows: new Map([
          [hour, { plays: 1, listenedMs: 5 }],
          [hoursAgo(47), { plays: 2, listenedMs: 6 }],
          [hoursAgo(48), { plays: 3, listenedMs: 7 }],
          [day, { plays: 3, listenedMs: 11 }],
          [week, { plays: 4, listenedMs: 12 }],
        ]),
      }),
    );
    await publishChart(stores, todaysSongs(3, 9, [anEntry("S2"), anEntry("S1")]));

    const { status, body } = await get("/songs/S1");

    expect(status).toBe(200);
    expect(body).toEqual({
      ...{ id: "S1", title: "Yellow", artist: "Coldplay", plays: 4, unqualified: 1, listened_ms: 900_000 },
      ...{ completes: 3, skips: 2, rating: { average: 4.5, count: 2 } },
      first_played_at: "2026-11-20T13:59:00.000Z",
      windows: {
        hour: { plays: 1, listened_ms: 5 },
        day: { plays: 3, listened_ms: 11 },
        week: { plays: 4, listened_ms: 12 },
      },
      hours: [
        { hour: "2026-11-18T15:00:00.000Z", plays: 2, listened_ms: 6 },
        { hour: "2026-11-20T14:00:00.000Z", plays: 1, listened_ms: 5 },
      ],
      drop_off: {
        plays: 3,
        still_listening: [1, 0.667, 0.667, 0.667, 0.667, 0.667, 0.333, 0.333, 0.333, 0.333, 0.333],
      },
      ranks: { hot: null, day: 2, week: null, all: null },
      epoch: 3,
    });
  });

  test("what nobody said of a song is null, and a window without plays is empty", async () => {
    await commitEpoch(stores, anEpoch(3));
    await count("S/1 ü", songTotals({ plays: 0, unqualified: 1 }));

    const { status, body } = await get("/songs/S/1 ü");

    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ id: "S/1 ü", rating: null, first_played_at: null, hours: [], drop_off: null },
      windows: { hour: { plays: 0, listened_ms: 0 } },
    });
  });

  test("a song that nobody played, or of which nothing is left, is 404", async () => {
    expect(await get("/songs/S1")).toMatchObject({ status: 404 });
    await commitEpoch(stores, anEpoch(3));
    await count("S2", noTotals);

    for (const id of ["S1", "S2"]) {
      expect(await get(`/songs/${id}`)).toMatchObject({
        status: 404,
        body: {
          error: { code: "unknown_song", message: `no committed play is of track "${id}"`, field: "id" },
        },
      });
    }
  });

  test("an id that no play could carry is refused before anything is read", async () => {
    deps = { ...deps, counters: { read: () => Promise.reject(new Error("read")) } };

    for (const id of ["x".repeat(201), "a\0b", "\ud800"]) {
      expect(await get(`/songs/${id}`)).toMatchObject({ status: 400, body: { error: { field: "id" } } });
    }
  });
});

describe("GET /users/{id}", () => {
  test.each([{ artistsEnd: "Blur" as ArtistName }, { heardEnd: "S2" as TrackId }])(
    "a profile that lacks names says so: %j",
    async (ends) => {
      await store(aProfile(ends));

      expect((await get("/users/u/1 ü")).body).toMatchObject({ cut: true, plays: 3 });
    },
  );

  test("a listener's profile, whatever characters the id has", async () => {
    await store(aProfile());

    const { status, body } = await get("/users/u/1 ü");

    expect(status).toBe(200);
    expect(body).toMatchObject({
      user_id: "u/1 ü",
      plays: 3,
      unqualified: 1,
      favourite_artist: "Coldplay",
      artists: [{ name: "Coldplay", plays: 2 }, { name: "Radiohead" }],
      tracks_heard: 1,
      cut: false,
      recent: [{ track: { id: "S1" }, qualified: false, completed: false, skipped: true }],
      epoch: 2,
    });
  });

  test("an unknown listener is 404", async () => {
    expect(await get("/users/nobody")).toMatchObject({
      status: 404,
      body: { error: { code: "unknown_user", field: "id", message: expect.stringContaining("nobody") } },
    });
  });
});

const aSong = (id: string, artist: string, rank: number, window: "hot" | "all" = "hot"): TrendingSong => ({
  id,
  artist,
  title: `title of ${id}`,
  rank,
  window,
});

describe("GET /users/{id}/recommendations", () => {
  beforeEach(async () => {
    const songs = [
      aSong("S1", "Coldplay", 1),
      aSong("S2", "Coldplay", 2),
      aSong("S3", "Björk", 3),
      aSong("S4", "Lorde", 4, "all"),
    ];
    await stores.publications.write(trendingKey, {
      epoch: 5 as EpochNumber,
      body: encodeTrending({ songs }),
    });
  });

  test("are trending songs not heard yet and not by the favourite artist, each with its reason", async () => {
    await store(aProfile());

    const { status, body } = await get("/users/u/1 ü/recommendations");

    expect(status).toBe(200);
    expect(body).toEqual({
      user_id: "u/1 ü",
      cold_start: false,
      epoch: 5,
      recommendations: [
        { rank: 1, id: "S3", title: "title of S3", artist: "Björk", reason: { list: "hot", rank: 3 } },
        { rank: 2, id: "S4", title: "title of S4", artist: "Lorde", reason: { list: "all", rank: 4 } },
      ],
    });
  });

  test("of an unknown listener are the trending songs themselves", async () => {
    const { status, body } = await get("/users/nobody/recommendations", { k: "2" });

    expect(status).toBe(200);
    expect(body.cold_start).toBe(true);
    expect(body.recommendations.map((song: { id: string }) => song.id)).toEqual(["S1", "S2"]);
  });

  test.each([99, 100])("are up to %d where so many are asked for", async (k) => {
    expect((await get("/users/nobody/recommendations", { k: String(k) })).status).toBe(200);
  });

  test("a k out of bounds is refused", async () => {
    expect(await get("/users/nobody/recommendations", { k: "101" })).toMatchObject({
      status: 400,
      body: { error: { field: "k" } },
    });
  });
});

test.each([
  [99, 200],
  [100, 200],
  [101, 400],
])("%d recent plays are asked for: %d", async (limit, status) => {
  expect((await get("/plays/recent", { limit: String(limit) })).status).toBe(status);
});

test("GET /plays/recent gives the newest plays of the sample, without their listeners", async () => {
  const plays = ["e2", "e1"].map((eventId) =>
    aPlay({
      ...{ eventId, startedAt: aMoment, msPlayed: 29_000, mood: "Chill", platform: "ios", rating: 4.5 },
      track: { id: "S1", genre: "rock", durationMs: 90_000 },
      geo: { country: "JP", city: "Osaka" },
    }),
  );
  await stores.publications.write(recentKey, {
    epoch: 5 as EpochNumber,
    body: encodeRecent(aFeed(plays, 5)),
  });

  const { status, body } = await get("/plays/recent", { limit: "1" });

  expect(status).toBe(200);
  expect(body).toEqual({
    epoch: 5,
    plays: [
      {
        key: "5-0",
        track: { id: "S1", artist: "Coldplay", title: "", genre: "rock" },
        started_at: "2026-11-20T14:00:00.000Z",
        arrived_at: "2026-11-20T14:00:01.000Z",
        ...{ listened_ms: 29_000, duration_ms: 90_000, ms_played: 29_000, pct: 0.322 },
        ...{ qualified: false, completed: false, skipped: true },
        ...{ rating: 4.5, mood: "Chill", platform: "ios", country: "JP", city: "Osaka" },
      },
    ],
  });
});

describe("GET /stats", () => {
  test("before the first epoch nothing is counted", async () => {
    expect((await get("/stats")).body).toEqual({
      ...{ plays: 0, unqualified: 0, duplicates: 0, rejects: 0, epoch: 0 },
      ...{ completes: 0, skips: 0, listened_ms: 0 },
      ...{ lag_plays: 0, epoch_at: null, age_ms: null, figures: {}, verification: null, simulated: false },
    });
  });

  test("are of the last committed epoch, and the lag is what has arrived since", async () => {
    const now = (aMoment - 1500) as EpochMs;
    await commitEpoch(stores, anEpoch(1, { now, to: [aHead({ plays: 10, duplicates: 2 })] }));
    await stores.epochs.create(anEpoch(2, { to: [aHead({ plays: 14, duplicates: 3 })] }));
    heads = [aHead({ plays: 17, duplicates: 3 })];
    deps = { ...deps, simulated: true };

    const { body } = await get("/stats");

    expect(body).toMatchObject({ plays: 10, duplicates: 2, epoch: 1, lag_plays: 7, age_ms: 1500 });
    expect(body.simulated).toBe(true);
  });

  test("tell what all counted plays add up to, as their commit found it", async () => {
    await stores.epochs.create(anEpoch(1));
    const commit = { completes: 3, skips: 2, listenedMs: 900_000 };
    await stores.epochs.commit(1 as EpochNumber, { commit }, aMoment);

    expect((await get("/stats")).body).toMatchObject({
      ...{ completes: 3, skips: 2, listened_ms: 900_000 },
      figures: { commit },
    });
  });

  test("show repeats of marked plays as duplicates and forgotten ones not at all, and neither is lag", async () => {
    const record = anEpoch(1, { to: [aHead({ plays: 10, unqualified: 3, duplicates: 2 })] });
    await stores.epochs.create(record);
    const commit = { repeats: 4, unqualifiedRepeats: 1, forgotten: 3, unqualifiedForgotten: 2 };
    await stores.epochs.commit(record.epoch, { commit }, aMoment);
    heads = [aHead({ plays: 11, unqualified: 3, duplicates: 2 })];

    const { body } = await get("/stats");

    expect(body).toMatchObject({ plays: 3, unqualified: 0, duplicates: 6, lag_plays: 1 });
  });

  test("tell how they last compared with the archive, without the differences, which name listeners", async () => {
    const kinds = [
      { kind: "songs", compared: 120, drift: 3 },
      { kind: "listeners", compared: 40, drift: 1 },
    ];
    await stores.epochs.noteVerification({
      ...{ at: aMoment, epoch: 7 as EpochNumber, from: undefined, to: undefined, processingMs: 12 },
      ...{ kinds, differences: ["USER#u1 plays: expected 4, stored 5"] },
    });

    const { body } = await get("/stats");

    const at = new Date(aMoment).toISOString();
    expect(body.verification).toEqual({ at, epoch: 7, from: null, to: null, drift: 4, kinds });
  });

  test("tell the hours of a verification that compared only these", async () => {
    const hours = { from: (aMoment - dayMs) as EpochMs, to: aMoment };
    await stores.epochs.noteVerification({
      ...{ at: aMoment, epoch: 7 as EpochNumber, kinds: [], differences: [], processingMs: 12 },
      ...hours,
    });

    const { from, to } = (await get("/stats")).body.verification;

    expect([from, to].map(Date.parse)).toEqual([hours.from, hours.to]);
  });
});

describe("routing", () => {
  test("what is not there is 404", async () => {
    expect(await get("/")).toMatchObject({ status: 404, body: { error: { code: "not_found" } } });
    expect((await get("/charts")).status).toBe(404);
    expect((await call("HEAD", "/nothing")).status).toBe(404);
  });

  test("another method is 405 and says which there is", async () => {
    expect(await get("/plays")).toMatchObject({ status: 405, headers: { allow: "POST" } });
    expect(await call("DELETE", "/users/u1")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
  });

  test("HEAD is GET without the body", async () => {
    expect(await call("HEAD", "/health")).toMatchObject({ status: 200, body: undefined });
  });

  test("a stage in front of the path is not part of it", async () => {
    expect((await call("GET", "/v1/health", { stage: "v1" })).body).toEqual({ status: "ok", epoch: 0 });
  });

  test("a failing store is 500, logged, and the answer keeps it to itself", async () => {
    const latest = () => Promise.reject(new StoreError("table Counters-9X does not answer"));
    deps = { ...deps, epochs: Object.assign(stores.epochs, { latest }) };

    const { status, body } = await get("/health");

    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain("Counters");
    expect(stores.logger.entries).toMatchObject([{ level: "error", fields: { route: "/health" } }]);
  });
});

test("docs/openapi.yaml has exactly the routes of the handler", () => {
  const lines = readFileSync("docs/openapi.yaml", "utf8").split("\n");
  const documented: string[] = [];
  let path = "";
  for (const line of lines) {
    path = /^ {2}(\/\S*):$/.exec(line)?.[1] ?? path;
    const method = /^ {4}(get|put|post|delete|patch|head|options):$/.exec(line)?.[1];
    if (method !== undefined) documented.push(`${method.toUpperCase()} ${path}`);
  }

  const served = routes.map((route) => `${route.method} ${route.path}`);
  expect(documented.sort()).toEqual(served.sort());
});
