import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { DevProcess, runEarworm } from "#test/support/earworm-process.ts";
import { until } from "#test/support/until.ts";

const dataDir = mkdtempSync(join(tmpdir(), "earworm-trace-"));

interface TraceJson {
  readonly arrived: number;
  readonly counted: number;
  readonly arrivals: readonly {
    readonly outcome: string;
    readonly received: { readonly at: number; readonly shard: string };
    readonly segment: { readonly at: number };
    readonly epoch: {
      readonly started_at: number;
      readonly published_at: number;
      readonly committed_at: number;
      readonly charts: readonly { readonly channel: string; readonly rank: number }[];
      readonly pushed: { readonly at: number } | null;
    } | null;
  }[];
}

interface Stats {
  readonly plays: number;
  readonly duplicates: number;
}

let dev: DevProcess;
beforeAll(async () => {
  dev = await DevProcess.start(["--data-dir", dataDir, "--tick", "50"]);
  return async () => {
    await dev.end("SIGTERM");
    rmSync(dataDir, { recursive: true });
  };
});

const trace = (...args: string[]) => runEarworm(["trace", ...args, "--data-dir", dataDir]);

const aPlay = (eventId: string) => ({
  event_id: eventId,
  user_id: "alice-the-listener",
  track: { artist: "Coldplay", title: "Yellow", duration_ms: 266_000 },
  started_at: Date.now(),
});

const post = (eventId: string): Promise<void> => postTo(dev.url, aPlay(eventId));

async function postTo(url: string, body: unknown): Promise<void> {
  const answer = await fetch(`${url}/plays`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.ok).toBe(true);
}

/** The trace once so many arrivals are there and everything of each has happened. */
const pushed = (eventId: string, arrived = 1): Promise<TraceJson> =>
  until(`the push of ${eventId}`, async () => {
    const { code, stdout } = await trace(eventId, "--json");
    if (code !== 0) return undefined;
    const json: TraceJson = JSON.parse(stdout);
    const isThrough = json.arrivals.every(({ epoch }) => epoch?.pushed);
    return isThrough && json.arrived === arrived && json;
  });

test("a play is followed to its push while earworm dev runs, in the order in which things happen", async () => {
  const before = Date.now();
  await post("trace-1");

  const json = await pushed("trace-1");

  const [arrival] = json.arrivals;
  expect(json).toMatchObject({ arrived: 1, counted: 1 });
  expect(arrival?.received.shard).toBe("plays/shardId-000000000000");
  expect(arrival?.epoch?.charts.map(({ channel }) => channel)).toContain("songs.all");
  const times = [
    before,
    arrival?.received.at,
    arrival?.segment.at,
    arrival?.epoch?.started_at,
    arrival?.epoch?.published_at,
    arrival?.epoch?.committed_at,
    arrival?.epoch?.pushed?.at,
    Date.now(),
  ];
  expect(times).toEqual(times.toSorted((a, b) => Number(a) - Number(b)));
});

test("the table names each hop, and nobody", async () => {
  await post("trace-2");
  await post("trace-2");
  await pushed("trace-2", 2);

  const { code, stdout, stderr } = await trace("trace-2");

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^event trace-2: arrived 2 times, counted once$/m);
  for (const hop of ["received", "segment", "epoch", "chart", "pushed", "in all", "duplicate"]) {
    expect(stdout).toMatch(new RegExp(`^${hop} `, "m"));
  }
  expect(stdout).not.toContain("alice");
});

test("a marked play that came to several shards counted in one of them; in the others it is a repeat", async () => {
  const directory = mkdtempSync(join(tmpdir(), "earworm-trace-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const other = await DevProcess.start(["--data-dir", directory, "--shards", "4", "--tick", "50"]);
  const listeners = ["ann", "ben", "cleo", "dan", "eva", "finn", "gil", "hana"];
  const plays = listeners.map((user_id) => ({ ...aPlay("trace-4"), user_id, dedupe: "always" }));
  await postTo(other.url, plays);
  const stats = await until("all of them", async () => {
    const { duplicates, plays: counted } = (await (await fetch(`${other.url}/stats`)).json()) as Stats;
    return duplicates + counted === listeners.length && { duplicates, plays: counted };
  });
  await other.end("SIGTERM");

  const { code, stdout } = await runEarworm(["trace", "trace-4", "--json", "--data-dir", directory]);

  const json: TraceJson = JSON.parse(stdout);
  const outcomes = json.arrivals.map(({ outcome }) => outcome);
  expect({ code, arrived: json.arrived, counted: json.counted }).toEqual({ code: 0, arrived: 8, counted: 1 });
  expect(outcomes).toContain("repeat");
  expect(outcomes.filter((outcome) => outcome !== "counted")).toHaveLength(stats.duplicates);
});

test("an id that did not arrive is exit code 1, and one line that says what was searched", async () => {
  await post("trace-3");
  await pushed("trace-3");

  const { code, stdout, stderr } = await trace("trace-nowhere", "--within", "10m");

  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(
    /^error: no event trace-nowhere in .+: searched \d+ segments of 1 shards \(plays\/shardId-0{12}\) for arrivals since .+\n$/,
  );
});

test("a directory without data is exit code 1, and stays as it is", async () => {
  const empty = mkdtempSync(join(tmpdir(), "earworm-trace-"));
  onTestFinished(() => rmSync(empty, { recursive: true }));

  const { code, stderr } = await runEarworm(["trace", "x", "--data-dir", empty]);

  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: .+ is no data directory: .+\n$/);
  expect(readdirSync(empty)).toEqual([]);
});

test("a stopped data directory can be traced too", async () => {
  const stopped = mkdtempSync(join(tmpdir(), "earworm-trace-"));
  onTestFinished(() => rmSync(stopped, { recursive: true }));
  const other = await DevProcess.start(["--data-dir", stopped]);
  await other.end("SIGTERM");

  const { code, stderr } = await runEarworm(["trace", "x", "--data-dir", stopped]);

  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: no event x in .+: searched 0 segments of 0 shards/);
});
