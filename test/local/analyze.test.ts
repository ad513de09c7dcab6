import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "#simulator/random.ts";
import { type Ended, runEarworm } from "#test/support/earworm-process.ts";
import { recountCsv } from "#test/support/recount-csv.ts";
import { until } from "#test/support/until.ts";

const dir = mkdtempSync(join(tmpdir(), "earworm-analyze-test-"));
const fixture = (name: string): string => join(import.meta.dirname, "../fixtures", name);
const header = "user_id,song_id,artist,duration,timestamp";

afterAll(() => rmSync(dir, { recursive: true }));

let files = 0;
function aFile(extension: string, content: string | Uint8Array): string {
  files += 1;
  const path = join(dir, `file-${files}.${extension}`);
  writeFileSync(path, content);
  return path;
}

interface Metrics {
  readonly timestamp: string;
  readonly source: string;
  readonly input: { readonly plays: number; readonly duplicates: number; readonly rejected: number };
  readonly performance: Readonly<Record<string, number>>;
  readonly mapreduce_results: { readonly count_keys: number; readonly top_songs: Record<string, number> };
  readonly userbehavior_results: {
    readonly num_users: number;
    readonly users: readonly { readonly user_id: string; readonly total_time: number }[];
    readonly top_users: readonly string[];
  };
  readonly recommendation_results: {
    readonly num_trending: number;
    readonly trending_songs: readonly string[];
    readonly recommendations: Readonly<Record<string, readonly string[]>>;
  };
}

interface Analysis extends Ended {
  /** undefined where nothing was written. */
  readonly json: string | undefined;
}

let outputs = 0;
async function analyze(file: string, options: readonly string[] = [], input = ""): Promise<Analysis> {
  outputs += 1;
  const out = join(dir, `out-${outputs}`, "metrics.json");
  const ended = await runEarworm(["analyze", file, "--out", out, ...options], input);
  return { ...ended, json: readIfThere(out) };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The figures of a run that must have gone well. */
async function metricsOf(file: string, ...options: string[]): Promise<Metrics> {
  const { code, stderr, json } = await analyze(file, options);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(json ?? "");
}

/** What must not depend on how the file was read, as text: the order of lists and of keys counts. */
const comparable = ({ timestamp, performance, source, ...rest }: Metrics): string =>
  JSON.stringify(rest, undefined, 1);

describe("the sample file", () => {
  test("gives exactly the expected figures, in order, and a report of three stages", async () => {
    const expected = JSON.parse(readFileSync(fixture("expected.json"), "utf8"));

    const { code, stdout, stderr, json } = await analyze(fixture("stream_data.csv"));
    const metrics: Metrics = JSON.parse(json ?? "");

    expect(code).toBe(0);
    expect(stderr).toBe("");
    const actual = {
      play_counts: metrics.mapreduce_results.top_songs,
      users: metrics.userbehavior_results.users,
      top_users: metrics.userbehavior_results.top_users,
      trending_songs: metrics.recommendation_results.trending_songs,
      recommendations: metrics.recommendation_results.recommendations,
    };
    expect(JSON.stringify(actual, undefined, 1)).toBe(JSON.stringify(expected, undefined, 1));
    expect(metrics.input).toEqual({ plays: 6, duplicates: 0, rejected: 0 });
    expect(metrics.mapreduce_results.count_keys).toBe(4);
    expect(metrics.userbehavior_results.num_users).toBe(4);
    expect(metrics.recommendation_results.num_trending).toBe(4);
    expect(stdout.split("\n")).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/stream_data\.csv: 6 plays, 0 duplicates, 0 rejected$/),
        expect.stringMatching(/^1 MapReduce \(.* s\): 4 songs$/),
        expect.stringMatching(/^ {2}1 {2}Coldplay - S001 +2$/),
        expect.stringMatching(/^2 UserBehavior \(.* s\): 4 listeners$/),
        expect.stringMatching(/^ {2}1 {2}U002 +7:10 +Taylor Swift$/),
        expect.stringMatching(/^3 Recommendation \(.* s\): trending Coldplay - S001, Drake - S010, /),
        expect.stringMatching(/^ {2}U002 +Coldplay - S001, Imagine Dragons - S002$/),
      ]),
    );
  });

  test("gives the same from standard input", async () => {
    const { code, json } = await analyze("-", [], readFileSync(fixture("stream_data.csv"), "utf8"));
    const fromFile = await metricsOf(fixture("stream_data.csv"));

    expect(code).toBe(0);
    expect(comparable(JSON.parse(json ?? ""))).toBe(comparable(fromFile));
    expect(JSON.parse(json ?? "").source).toBe("-");
  });
});

describe("20,000 invented plays of few listeners and songs", () => {
  const csv = join(dir, "simulated.csv");
  const everything = ["--users", "all", "--top", "500"];
  let reference: Metrics;

  beforeAll(async () => {
    // 4,000 plays/s: several start in the same ms, so that ties are decided by the last criterion too.
    const of = ["--plays", "20000", "--users", "400", "--songs", "600", "--seed", "11"];
    const { code } = await runEarworm([
      "simulate",
      ...of,
      "--rate",
      "4000",
      "--from",
      "2025-11-05T08:00Z",
      "--out",
      csv,
    ]);
    expect(code).toBe(0);
    reference = await metricsOf(csv, ...everything);
  }, 60_000);

  test("every figure and every list is that of an independent recount", () => {
    const expected = recountCsv(readFileSync(csv, "utf8"), 500);

    const { input, mapreduce_results, userbehavior_results, recommendation_results } = reference;
    const actual = { input, mapreduce_results, userbehavior_results, recommendation_results };
    expect(JSON.stringify(actual, undefined, 1)).toBe(JSON.stringify(expected, undefined, 1));
    expect(input.plays).toBe(20_000);
    const plays = Object.values(mapreduce_results.top_songs);
    expect(new Set(plays).size).toBeLessThan(plays.length / 2); // there are ties
  });

  const runs = [1, 2, 8].flatMap((shards) => [50, 1000, 60_000].map((tick) => [shards, tick] as const));
  test.each(runs)("%i shards and a tick of %i ms change nothing", async (shards, tick) => {
    const metrics = await metricsOf(csv, ...everything, "--shards", `${shards}`, "--tick", `${tick}`);

    expect(comparable(metrics)).toBe(comparable(reference));
  });

  test("the same plays as compressed NDJSON, backwards, give the same", async () => {
    const [, ...rows] = readFileSync(csv, "utf8").trimEnd().split("\n");
    const lines = rows.map((row, i) => {
      const [user_id, id, artist, duration, started_at] = row.split(",");
      const track = { id, artist, duration_ms: Math.round(Number(duration) * 1000) };
      return JSON.stringify({ event_id: `e${i}`, user_id, track, started_at });
    });
    const file = aFile("ndjson.gz", gzipSync(lines.reverse().join("\n")));

    const metrics = await metricsOf(file, ...everything, "--shards", "3", "--tick", "100");

    expect(comparable(metrics)).toBe(comparable(reference));
  });
});

/** Few of everything, so that there are ties everywhere; UTF-16 and UTF-8 order some of the names differently. */
function aTwistedCsv(seed: number, rows: number): string {
  const random = new Random(seed);
  const artists = ["Ann", "ann", "Ánn", "\u{1f3b8}", "\ufb00", "東京事変", "Ann B"] as const;
  const suffixes = ["", "é", "\u{1f600}", "\ufb01"] as const;
  const lines = Array.from({ length: rows }, () => {
    const user = `u${random.below(40)}${random.pick(suffixes)}`;
    const song = `s${random.below(30)}${random.pick(suffixes)}`;
    const seconds = random.pick(["1", "200", "180.5", "0.001"]);
    const time = new Date(Date.UTC(2025, 10, 5) + random.below(50) * 1000).toISOString();
    return [user, song, random.pick(artists), seconds, time].join(",");
  });
  return [header, ...lines, ""].join("\n");
}

test.each([1, 2, 3])("ties of every kind are broken as in a recount (%i)", async (seed) => {
  const csv = aTwistedCsv(seed, 4000);
  const options = ["--users", "all", "--top", "500", "--shards", `${seed}`, "--tick", "20"];

  const metrics = await metricsOf(aFile("csv", csv), ...options);

  const { input, mapreduce_results, userbehavior_results, recommendation_results } = metrics;
  const actual = { input, mapreduce_results, userbehavior_results, recommendation_results };
  expect(JSON.stringify(actual, undefined, 1)).toBe(JSON.stringify(recountCsv(csv, 500), undefined, 1));
});

describe("rows that are no play", () => {
  const good = "U001,S001,Coldplay,210,2025-11-05T08:30:00";
  const rows = [
    header,
    good,
    "U001,S001,Coldplay,210",
    "U001,S001,Coldplay,long,2025-11-05T08:30:00",
    ",S001,Coldplay,210,2025-11-05T08:30:00",
    "U001,S001,Coldplay,210,yesterday",
    "U001,S001,,210,2025-11-05T08:30:00",
    'U001,S001,"Cold"play,210,2025-11-05T08:30:00',
    good.replace("U001", "U002"),
    "",
    "U001,S001,Coldplay,-5,2025-11-05T08:30:00",
    "U001,S001,Coldplay,210,1999-11-05T08:30:00",
    good.replace("U001", "U003"),
  ];

  test("are told with line and reason, are counted as rejected, and stop nothing", async () => {
    const file = aFile("csv", rows.join("\n"));

    const { code, stderr, stdout, json } = await analyze(file);

    expect(code).toBe(0);
    const lines = stderr.trimEnd().split("\n");
    expect(lines.map((line) => line.replace(`${file}:`, ""))).toEqual([
      expect.stringMatching(/^3: record: expected 5 fields, got 4$/),
      expect.stringMatching(/^4: duration: expected seconds above 0, got "long"$/),
      expect.stringMatching(/^5: user_id: ./),
      expect.stringMatching(/^6: timestamp: .*yesterday/),
      expect.stringMatching(/^7: artist: ./),
      expect.stringMatching(/^8: record: quotes are broken$/),
      expect.stringMatching(/^11: duration: expected seconds above 0, got "-5"$/),
      expect.stringMatching(/^12: timestamp: ./),
    ]);
    const { input, userbehavior_results }: Metrics = JSON.parse(json ?? "");
    expect(input).toEqual({ plays: 3, duplicates: 0, rejected: 8 });
    expect(userbehavior_results.top_users).toEqual(["U001", "U002", "U003"]);
    expect(stdout).toContain("3 plays, 0 duplicates, 8 rejected");
  });

  test("of standard input are told too", async () => {
    const { code, stderr, json } = await analyze("-", [], rows.slice(0, 3).join("\n"));

    expect(code).toBe(0);
    expect(stderr).toBe("stdin:3: record: expected 5 fields, got 4\n");
    expect(JSON.parse(json ?? "").input).toEqual({ plays: 1, duplicates: 0, rejected: 1 });
  });

  test("are listed up to the tenth and then counted", async () => {
    const bad = Array.from({ length: 25 }, (_, i) => `U${i},S001`);

    const { code, stderr, json } = await analyze(aFile("csv", [header, ...bad, good].join("\n")));

    expect(code).toBe(0);
    expect(stderr.trimEnd().split("\n")).toHaveLength(11);
    expect(stderr).toContain("and 15 more");
    expect(JSON.parse(json ?? "").input).toEqual({ plays: 1, duplicates: 0, rejected: 25 });
  });

  test("where the file breaks off are followed by the report on what comes before that, and exit code 1", async () => {
    const lines = Array.from(
      { length: 3000 },
      (_, i) => `user-${i * 7919},song-${i},Artist,210,2026-11-01T08:30:00`,
    );
    const whole = gzipSync([header, ...lines].join("\n"));

    const { code, stderr, stdout, json } = await analyze(aFile("csv.gz", whole.subarray(0, -1000)));

    const { plays, rejected } = JSON.parse(json ?? "").input;
    expect({ code, rejected }).toEqual({ code: 1, rejected: 1 });
    expect(plays).toBeGreaterThan(0);
    expect(plays).toBeLessThan(3000);
    expect(stdout).toContain("1 MapReduce");
    expect(stderr).toMatch(/record: broken gzip: [^\n]+\nerror: \S+ is not all there [^\n]+\n$/);
  });

  test("alone make the run fail, with one line that says so, and write nothing", async () => {
    const file = aFile("csv", [header, "rubbish", "more,rubbish"].join("\n"));

    const { code, stderr, stdout, json } = await analyze(file);

    expect(code).toBe(1);
    expect(stderr.trimEnd().split("\n").at(-1)).toBe(`error: no play in ${file}, 2 lines rejected`);
    expect(stdout).toBe("");
    expect(json).toBeUndefined();
  });
});

test.each([
  [
    "a file of rubbish",
    () => aFile("csv", "complete\nrubbish\n"),
    /line 1: header: expected the columns user_id,/,
  ],
  ["binary data", () => aFile("dat", Buffer.from([0, 1, 2, 3, 0, 0])), /is no text/],
  ["an empty file", () => aFile("csv", ""), /is empty$/],
  ["a missing file", () => join(dir, "missing.csv"), /^error: no such file: \S+missing\.csv$/],
  ["a directory", () => dir, /is a directory$/],
])("%s ends with exit code 1 and one line", async (_, file, message) => {
  const { code, stderr, stdout, json } = await analyze(file());

  expect(code).toBe(1);
  expect(stderr.trimEnd().split("\n")).toEqual([expect.stringMatching(message)]);
  expect(stdout).toBe("");
  expect(json).toBeUndefined();
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s ends it with exit code %i and leaves no files behind", async (signal, code) => {
  const temporary = join(dir, signal);
  mkdirSync(temporary);
  const cli = join(import.meta.dirname, "../../bin/earworm.mjs");
  const child = spawn(process.execPath, [cli, "analyze", "-"], {
    env: { ...process.env, TMPDIR: temporary },
  });
  const ended = once(child, "close");
  const isUnderWay = () =>
    readdirSync(temporary, { recursive: true }).some((each) => /\.db$/.test(`${each}`));
  await until("a data directory", () => Promise.resolve(isUnderWay()));

  child.kill(signal);

  expect(await ended).toEqual([code, null]);
  expect(readdirSync(temporary)).toEqual([]);
});

test("two equal rows are two plays", async () => {
  const row = "U001,S001,Coldplay,210,2025-11-05T08:30:00";

  const metrics = await metricsOf(aFile("csv", [header, row, row].join("\n")));

  expect(metrics.input).toEqual({ plays: 2, duplicates: 0, rejected: 0 });
  expect(metrics.mapreduce_results.top_songs).toEqual({ "Coldplay - S001": 2 });
  expect(metrics.userbehavior_results.users).toEqual([
    { user_id: "U001", total_time: 420, top_artist: "Coldplay" },
  ]);
});

test("two lines with the same event id are a play and a duplicate", async () => {
  const play = (event_id: string, artist = "Coldplay") =>
    JSON.stringify({
      ...{ event_id, user_id: "U001", track: { id: "S001", artist, duration_ms: 1000 } },
      started_at: "2025-11-05T08:30:00",
    });
  const lines = [play("a"), play("b"), play("a"), play("a", "Drake"), play("c")];

  const metrics = await metricsOf(aFile("ndjson", lines.join("\n")));

  expect(metrics.input).toEqual({ plays: 3, duplicates: 2, rejected: 0 });
  expect(metrics.mapreduce_results.top_songs).toEqual({ "Coldplay - S001": 3 });
});

test("--users keeps the most active listeners, and counts them all", async () => {
  const metrics = await metricsOf(fixture("stream_data.csv"), "--users", "2");

  const { userbehavior_results: behavior, recommendation_results: recommended } = metrics;
  expect(behavior.num_users).toBe(4);
  expect(behavior.users.map(({ user_id }) => user_id)).toEqual(["U001", "U002"]);
  expect(behavior.top_users).toEqual(["U002", "U001"]);
  expect(Object.keys(recommended.recommendations)).toEqual(["U001", "U002"]);
});

test("--top says how many songs and listeners are listed", async () => {
  const metrics = await metricsOf(fixture("stream_data.csv"), "--top", "1");

  expect(metrics.mapreduce_results.top_songs).toEqual({ "Coldplay - S001": 2 });
  expect(metrics.mapreduce_results.count_keys).toBe(4);
  expect(metrics.userbehavior_results.top_users).toEqual(["U002"]);
  expect(metrics.recommendation_results.trending_songs).toHaveLength(4);
});
