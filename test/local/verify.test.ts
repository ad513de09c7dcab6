import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { SqliteCounterStore } from "#src/adapters/sqlite/sqlite-counter-store.ts";
import { SqliteDatabase } from "#src/adapters/sqlite/sqlite-database.ts";
import { type CounterKey, songKey } from "#src/domain/counter.ts";
import type { EpochMs, TrackId } from "#src/domain/play.ts";
import { encodeTotals } from "#src/wire/totals-codec.ts";
import { DevProcess, runEarworm } from "#test/support/earworm-process.ts";
import { until } from "#test/support/until.ts";

const dir = mkdtempSync(join(tmpdir(), "earworm-verify-"));
const dataDir = join(dir, "data");
const listeners = 20;

let dev: DevProcess;

async function put(partitionKey: string, data: string | Buffer): Promise<void> {
  const answer = await fetch(dev.kinesisUrl, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Kinesis_20131202.PutRecord" },
    body: JSON.stringify({
      StreamName: "plays",
      PartitionKey: partitionKey,
      Data: Buffer.from(data).toString("base64"),
    }),
  });
  expect(answer.status).toBe(200);
}

const aPlay = (user: number, play: number, startedAt = Date.now()): string =>
  JSON.stringify({
    event_id: `${user}-${play}`,
    user_id: `u${user}`,
    track: { id: `t${play % 7}`, artist: `a${play % 3}`, title: "x", duration_ms: 200_000 },
    started_at: startedAt,
    ms_played: play * 20_000,
  });

/** Writes a play more than was counted, as somebody with access to the file can. */
async function addPlay(path: string, key: CounterKey): Promise<void> {
  const db = new SqliteDatabase(path);
  const store = new SqliteCounterStore(db);
  const [counter] = await store.read([key]);
  if (counter === undefined) throw new Error(`${key} is not there`);
  await store.replace(counter.epoch, []); // all counters are in the table after that
  const totals = { ...counter.totals, plays: counter.totals.plays + 1 };
  db.prepare("UPDATE totals SET body = ? WHERE key = ?").run(encodeTotals(totals, 0 as EpochMs), key);
  db.close();
}

/** Plays of three shards with duplicates, rejects and late ones; resolves once all are counted. */
async function putPlays(): Promise<void> {
  for (let user = 0; user < listeners; user++) {
    const lines = Array.from({ length: 8 }, (_, play) => aPlay(user, play));
    await put(
      `u${user}`,
      gzipSync([...lines, "no play", aPlay(user, 9, Date.now() - 3 * 86_400_000)].join("\n")),
    );
    await put(`u${user}`, lines[0] ?? "");
  }
  await until("the plays", async () => {
    const answer = await fetch(`${dev.url}/stats`);
    const { duplicates } = (await answer.json()) as { duplicates: number };
    return duplicates === listeners;
  });
}

const verify = (...args: string[]) => runEarworm(["verify", ...args]);

beforeAll(async () => {
  dev = await DevProcess.start([
    "--data-dir",
    dataDir,
    "--tick",
    "50",
    "--profile-tick",
    "0",
    "--shards",
    "3",
  ]);
  await putPlays();
  return async () => {
    await dev.end("SIGTERM");
    rmSync(dir, { recursive: true });
  };
});

/** The figures of a kind in the printed table. */
function figuresOf(stdout: string, kind: string): readonly string[] {
  const row = stdout.split("\n").find((line) => line.startsWith(kind));
  return row?.split(/ +/).slice(1) ?? [];
}

test("what earworm dev counts drifts by nothing while it runs, and it tells so", async () => {
  const { code, stdout, stderr } = await verify("--data-dir", dataDir);

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^drift 0 as of epoch \d+, in \d+\.\d s$/m);
  expect(figuresOf(stdout, "songs")).toEqual(["7", "0"]);
  expect(figuresOf(stdout, "listeners")).toEqual([String(listeners), "0"]);
  expect(figuresOf(stdout, "beyond-horizon")).toEqual([String(9 * listeners), "0"]);
  const answer = await fetch(`${dev.url}/stats`);
  expect(await answer.json()).toMatchObject({ verification: { drift: 0 } });
});

test("a range of days compares their windows", async () => {
  const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

  const { code, stdout } = await verify("--data-dir", dataDir, "--from", day(-3), "--to", day(-2));

  expect(code).toBe(0);
  expect(figuresOf(stdout, "artists")).toEqual(["1", "0"]);
  expect(figuresOf(stdout, "counts")).toEqual([]);
  expect(stdout).toContain("only hours, days and weeks");
});

describe("of a copy", () => {
  let copy: string;

  beforeAll(async () => {
    copy = join(dir, "copy");
    const other = await DevProcess.start(["--data-dir", copy, "--tick", "50", "--shards", "3"]);
    const before = dev;
    dev = other;
    await putPlays();
    dev = before;
    await other.end("SIGTERM");
  });

  const changed = (name: string): string => {
    const target = join(dir, name);
    cpSync(copy, target, { recursive: true });
    return target;
  };

  test("one counter that was edited by hand is a drift of one, and exit code 1", async () => {
    const edited = changed("edited");
    await addPlay(join(edited, "earworm.db"), songKey("t3" as TrackId));

    const { code, stdout, stderr } = await verify("--data-dir", edited);

    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(figuresOf(stdout, "songs")).toEqual(["7", "1"]);
    expect(stdout).toMatch(/^ {2}SONG#t3 plays: expected \d+, stored \d+$/m);
    expect(stdout).toMatch(/^drift 1 as of epoch/m);
  });

  test("the archive may be elsewhere", async () => {
    const moved = changed("moved");
    cpSync(join(moved, "archive"), join(dir, "elsewhere"), { recursive: true });
    rmSync(join(moved, "archive"), { recursive: true });

    const elsewhere = await verify("--data-dir", moved, "--archive", join(dir, "elsewhere"));
    const gone = await verify("--data-dir", moved);

    expect(elsewhere.code).toBe(0);
    expect(gone.code).toBe(1);
    expect(gone.stderr).toMatch(/^error: \S+moved has no archive: [^\n]+\n$/);
  });

  test("an archive that is empty, cut short or damaged is one line that names it", async () => {
    const empty = changed("empty");
    rmSync(join(empty, "archive"), { recursive: true });
    mkdirSync(join(empty, "archive"));
    const damaged = changed("damaged");
    const file = archiveFileIn(damaged);
    const bytes = readFileSync(file);
    bytes.fill(0x55, 40, 60);
    writeFileSync(file, bytes);

    const [nothing, broken] = [await verify("--data-dir", empty), await verify("--data-dir", damaged)];

    expect([nothing.code, broken.code]).toEqual([1, 1]);
    expect(nothing.stderr).toMatch(
      /^error: the archive has no record of plays\/shardId-\d+, of what is counted up to [^\n]+ start earworm dev\n$/,
    );
    expect(broken.stderr).toMatch(/^error: [^\n]+\.ndjson\.gz[^\n]*\n$/);
  });
});

function archiveFileIn(data: string): string {
  const archive = join(data, "archive");
  const names = readdirSync(archive, { recursive: true, encoding: "utf8" });
  const file = names.find((name) => name.endsWith(".gz"));
  if (file === undefined) throw new Error(`no archive in ${data}`);
  return join(archive, file);
}

test.each<[string, string[], number, RegExp]>([
  ["a directory without data", ["--data-dir", join(dir, "nowhere")], 1, /is no data directory/],
  ["a time that is none", ["--from", "yesterday"], 2, /Expected a time/],
  ["an end before the start", ["--from", "2026-11-21", "--to", "2026-11-20"], 2, /--from is not before --to/],
  [
    "no time between",
    ["--data-dir", dataDir, "--from", "2026-11-20", "--to", "2026-11-20T00:59"],
    2,
    /no whole hour lies between 2026-11-20T00:00:00.000Z and 2026-11-20T00:59:00.000Z$/m,
  ],
  [
    "a start that no epoch has reached",
    ["--data-dir", dataDir, "--from", "2099-01-01"],
    2,
    /no whole hour lies between 2099-01-01T00:00:00.000Z and [\d-]+T[\d:.]+Z, the time of the last epoch$/m,
  ],
  ["a stage and a directory", ["--stage", "dev", "--data-dir", dataDir], 2, /cannot be used with/],
])("%s is one line and an exit code", async (_, args, code, message) => {
  const ended = await verify(...args);

  expect(ended.code).toBe(code);
  expect(ended.stderr).toMatch(/^error: [^\n]+\n$/);
  expect(ended.stderr).toMatch(message);
});
