import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { Engine } from "#local/engine.ts";
import { openStores } from "#local/stores.ts";
import { DirectoryArchive } from "#src/adapters/archive/directory-archive.ts";
import { nodeArchiveZip } from "#src/adapters/archive/node-archive-zip.ts";
import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import type { ArchivedRecord } from "#src/domain/archive.ts";
import type { Counter } from "#src/domain/counter.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { isExpired, type WindowId } from "#src/domain/windows.ts";
import { encodeArchiveFile } from "#src/wire/archive-file.ts";
import { decodeChart } from "#src/wire/chart-codec.ts";
import { byBytes, chartText, profileText } from "#test/e2e/parity/canonical.ts";
import { anArchivedRecord } from "#test/support/archived.ts";
import { DevProcess, runEarworm } from "#test/support/earworm-process.ts";
import { poisonKinds } from "./faults/fault-kinds.ts";
import {
  alternatives,
  type BuiltRecord,
  buildRecord,
  type PlaySpec,
  type RecordSpec,
} from "./faults/records.ts";

const minute = 60_000;
const dir = mkdtempSync(join(tmpdir(), "earworm-replay-"));
const originalDir = join(dir, "original");
const archiveDir = join(originalDir, "archive");

/** The same numbers in every run (mulberry32). */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  };
}

const roll = dice(4);

const somePlay = (): PlaySpec =>
  Object.fromEntries(
    Object.entries(alternatives).map(([field, count]) => [field, roll(count)]),
  ) as unknown as PlaySpec;

/** Poison of all kinds first; then plays, blocks, repeats of anything, and what is repeated for long. */
function someRecord(ordinal: number): RecordSpec {
  const poison = poisonKinds[ordinal];
  const bucket = roll(8);
  if (poison !== undefined) return { kind: "poison", bucket, poison };
  const kind = roll(10);
  if (kind < 5) return { kind: "play", play: somePlay() };
  if (kind > 7) return { kind: "retry", of: ordinal - 1 - roll(Math.min(ordinal, 12)) };
  const lines = Array.from({ length: 1 + roll(6) }, () =>
    roll(8) === 0 ? { bad: roll(4) } : { play: somePlay() },
  );
  return { kind: "block", bucket, lines };
}

/** A store that has lived for three days: three shards, small batches, a short tick, and a restart in the middle. */
async function makeOriginal(): Promise<void> {
  let now = Date.now() - 3 * 24 * 60 * minute;
  const start = async (): Promise<Engine> => {
    const engine = Engine.open({
      ...{ dataDir: originalDir, shards: 3, tickMs: 10, fsync: false, archive: true },
      arrivalClock: () => now,
      logger: new MemoryLogger(),
      broadcast: () => Promise.resolve({}),
    });
    await engine.start();
    return engine;
  };
  let engine = await start();
  const put: BuiltRecord[] = [];
  for (let ordinal = 0; ordinal < 600; ordinal++) {
    now += [0, 1, 500, minute, 7 * minute, 30 * minute][roll(6)] ?? 0;
    const record = buildRecord(someRecord(ordinal), ordinal, now, put);
    if (record === undefined) continue;
    put.push(record);
    await engine.plays.put([{ partitionKey: `bucket ${record.bucket}`, data: record.data }]);
    if (roll(6) === 0) await engine.consumed();
    if (ordinal === 300) {
      await engine.close();
      engine = await start();
    }
  }
  await engine.settle();
  await engine.close();
}

/** All that two stores of the same plays have in common (I7), as text, by what it is. */
async function contentsOf(dataDir: string, now: EpochMs): Promise<Record<string, readonly string[]>> {
  const stores = openStores(dataDir, { readOnly: true });
  const db = new DatabaseSync(join(dataDir, "earworm.db"), { readOnly: true });
  try {
    const counters: string[] = [];
    for await (const counter of stores.counters.list("")) counters.push(counterText(counter, now));
    const profiles: string[] = [];
    for await (const { profile } of stores.profiles.list()) profiles.push(profileText(profile));
    const charts: string[] = [];
    for (const { key } of db
      .prepare("SELECT key FROM publications WHERE key GLOB 'CHART#*' AND key NOT GLOB '*#*#*#*'")
      .all()) {
      const publication = await stores.publications.read(
        key as Parameters<typeof stores.publications.read>[0],
      );
      const chart = decodeChart(publication?.body ?? "", String(key) as Parameters<typeof decodeChart>[1]);
      if (!isExpired(chart.window, now)) charts.push(chartText(chart));
    }
    const rejects: string[] = [];
    for (const { id } of db.prepare("SELECT id FROM rejects").all()) {
      const reject = await stores.rejects.read(id as Parameters<typeof stores.rejects.read>[0]);
      const { arrivedAt, entry, reason, raw, isComplete } = reject ?? {};
      rejects.push(
        JSON.stringify([arrivedAt, entry, reason, Buffer.from(raw ?? "").toString("hex"), isComplete]),
      );
    }
    const claims = db
      .prepare("SELECT id FROM claims")
      .all()
      .map(({ id }) => String(id));
    return Object.fromEntries(
      Object.entries({ counters, profiles, charts, rejects, claims }).map(([kind, texts]) => [
        kind,
        texts.sort(byBytes),
      ]),
    );
  } finally {
    db.close();
    stores.close();
  }
}

function counterText({ key, totals }: Counter, now: EpochMs): string {
  const open = (windows: ReadonlyMap<WindowId, unknown>) =>
    [...windows].filter(([window]) => !isExpired(window, now)).sort(([a], [b]) => byBytes(a, b));
  const { windows, decays, listeners: _, ...sums } = totals;
  return JSON.stringify([key, sums, open(windows), open(decays)], (_, value) =>
    typeof value === "bigint" ? String(value) : value,
  );
}

/** What only one of them has, a few of each kind. */
const differences = (a: Record<string, readonly string[]>, b: Record<string, readonly string[]>): string[] =>
  Object.entries(a).flatMap(([kind, texts]) => {
    const others = b[kind] ?? [];
    const [missing, added] = [
      texts.filter((text) => !others.includes(text)),
      others.filter((text) => !texts.includes(text)),
    ];
    return [
      ...(texts.length === others.length ? [] : [`${kind}: ${texts.length} and ${others.length}`]),
      ...missing.slice(0, 3).map((text) => `${kind}: missing ${text}`),
      ...added.slice(0, 3).map((text) => `${kind}: added ${text}`),
    ];
  });

const replay = (archive: string, into: string, ...options: string[]) =>
  runEarworm(["replay", archive, "--into", into, ...options]);

beforeAll(async () => {
  await makeOriginal();
  return () => rmSync(dir, { recursive: true });
}, 60_000);

describe("a store that is rebuilt from its archive is the original", () => {
  test.each([["1"], ["3"]])("with %s shards", async (shards) => {
    const into = join(dir, `rebuilt ${shards}`, "data");

    const { code, stdout, stderr } = await replay(archiveDir, into, "--shards", shards);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^600 records replayed: [\d,]+ plays, [\d,]+ duplicates, [\d,]+ rejects\n/);
    const now = Date.now() as EpochMs;
    const original = await contentsOf(originalDir, now);
    const rebuilt = await contentsOf(into, now);
    expect(differences(original, rebuilt)).toEqual([]);
    expect(Object.values(original).map(({ length }) => length > 5)).toEqual([true, true, true, true, true]);
    expect(readdirSync(dirname(into))).toEqual(["data"]);
  });

  test("and so is one that is rebuilt from the rebuilt one's", async () => {
    const [first, second] = [join(dir, "first"), join(dir, "second")];
    await replay(archiveDir, first);

    const { code } = await replay(join(first, "archive"), second);

    const now = Date.now() as EpochMs;
    expect(code).toBe(0);
    expect(differences(await contentsOf(originalDir, now), await contentsOf(second, now))).toEqual([]);
  });
});

describe("what an erasure left", () => {
  const shard = "plays/shardId-000000000000" as ShardKey;
  const line =
    '{"event_id":"a","user_id":"u","track":{"artist":"Coldplay","title":"Yellow"},"started_at":"2026-01-01T00:00:00Z"}';
  const aRecord = (n: number, data: string | Buffer, erased = false): ArchivedRecord => ({
    ...{ shard, sequenceNumber: String(n), arrivedAt: 1_790_000_000_000 as EpochMs, partitionKey: "p" },
    data: Buffer.from(data),
    ...(erased ? { erased: [{ entry: 0, was: "play" }] } : {}),
  });

  test("is replayed, and what it emptied makes no reject", async () => {
    const from = join(dir, "erased");
    await new DirectoryArchive(from).write([
      aRecord(1, "", true),
      aRecord(2, gzipSync("\n\n"), true),
      aRecord(3, gzipSync(`\n${line}\n`), true),
      aRecord(4, ""),
      aRecord(5, gzipSync("\n")),
    ]);

    const { stdout } = await replay(from, join(dir, "after erasure"));

    expect(stdout).toMatch(/^3 records replayed: 1 play, 0 duplicates, 2 rejects\n/);
  });
});

describe("what cannot be replayed is one line and exit code 1, and leaves nothing behind", () => {
  const filesOf = (from: string): string[] =>
    readdirSync(from, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  const archiveFile = (name: string, content: Buffer | string): string => {
    const from = join(dir, name);
    const file = join(from, "2026/11/20/14/plays/shardId-000000000000", `${"1".padStart(64, "0")}.ndjson.gz`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return from;
  };

  async function refused(from: string, into = join(dir, "never")): Promise<string> {
    const { code, stdout, stderr } = await replay(from, into);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(existsSync(`${into}.unfinished`)).toBe(false);
    return stderr;
  }

  test("no archive", async () => {
    mkdirSync(join(dir, "empty"));
    writeFileSync(join(dir, "file"), "");

    expect(await refused(join(dir, "nowhere"))).toContain(`no such directory: ${join(dir, "nowhere")}`);
    expect(await refused(join(dir, "file"))).toContain(`${join(dir, "file")} is no directory`);
    expect(await refused(join(dir, "empty"))).toContain(`no archive in ${join(dir, "empty")}`);
    expect(existsSync(join(dir, "never"))).toBe(false);
  });

  test.each<[string, () => string | Buffer]>([
    ["no gzip", () => "plain text"],
    ["half a gzip", () => gzipSync("x".repeat(1000)).subarray(0, 15)],
    ["half a line", () => gzipSync('{"shard":"plays/s')],
    ["another version", () => gzipSync('{"schema":"archive.v9"}\n')],
  ])("%s in a file", async (name, content) => {
    const from = archiveFile(name, content());

    expect(await refused(from)).toContain(join(from, "2026/11/20/14/plays"));
    expect(existsSync(join(dir, "never"))).toBe(false);
  });

  test.each<[string, () => string | Promise<Buffer>]>([
    ["empty", () => ""],
    [
      "cut off in its first write",
      async () => {
        const bytes = await encodeArchiveFile([anArchivedRecord(1)], nodeArchiveZip);
        return Buffer.from(bytes.subarray(0, -1));
      },
    ],
  ])("an archive whose only file is %s", async (name, content) => {
    const from = archiveFile(name, await content());

    expect(await refused(from)).toContain(`no record in ${from}`);
    expect(existsSync(join(dir, "never"))).toBe(false);
  });

  test.skipIf(process.getuid?.() === 0)("no permission to read, or to write", async () => {
    const from = archiveFile("locked", "x");
    chmodSync(filesOf(from)[0] ?? "", 0);
    mkdirSync(join(dir, "sealed"), { mode: 0o500 });

    expect(await refused(from)).toContain("EACCES");
    expect(await refused(archiveDir, join(dir, "sealed", "new"))).toContain("EACCES");
  });

  test("a directory that holds something, that is a file, or that somebody works on", async () => {
    const [full, file, used] = [join(dir, "full"), join(dir, "a file"), join(dir, "used")];
    mkdirSync(full);
    writeFileSync(join(full, "thesis.txt"), "years of work");
    writeFileSync(file, "");
    const dev = await DevProcess.start(["--data-dir", used]);

    expect(await refused(archiveDir, full)).toContain(
      `${full} is not empty (thesis.txt): name a new directory`,
    );
    expect(await refused(archiveDir, file)).toMatch(/cannot make .+a file/);
    expect(await refused(archiveDir, used)).toContain(`${used} is not empty`);
    expect(await refused(archiveDir, join(full, "thesis.txt", "x"))).toMatch(/cannot make .+thesis.txt/);
    await dev.end("SIGTERM");
    expect(statSync(join(full, "thesis.txt")).size).toBe(13);
  });

  test("a replay that did not end, or that another one writes", async () => {
    const into = join(dir, "half");
    mkdirSync(`${into}.unfinished`);

    const { code, stderr } = await replay(archiveDir, into);

    expect(code).toBe(1);
    expect(stderr).toBe(
      `error: ${into}.unfinished is there: a replay writes it, or was killed; remove it first\n`,
    );
    expect(existsSync(`${into}.unfinished`)).toBe(true);
  });

  test("no directory to make is wrong usage", async () => {
    const { code, stderr } = await runEarworm(["replay", archiveDir]);

    expect(code).toBe(2);
    expect(stderr).toContain("--into");
  });
});
