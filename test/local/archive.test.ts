import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ArchiveKeeper } from "#local/archive-keeper.ts";
import { Engine, type EngineOptions } from "#local/engine.ts";
import { EventSourceMapping } from "#local/stream/event-source-mapping.ts";
import { LocalStream, TRIM_HORIZON } from "#local/stream/play-stream.ts";
import { DirectoryArchive } from "#src/adapters/archive/directory-archive.ts";
import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import { type ArchivedRecord, readArchive } from "#src/domain/archive.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { dayMs } from "#src/domain/windows.ts";
import { hourOf, hourPath } from "#src/wire/archive-path.ts";
import { anArchivedRecord } from "#test/support/archived.ts";
import { until } from "#test/support/until.ts";

let dir = "";
let logger = new MemoryLogger();
const closing: (() => Promise<void>)[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "earworm-archiving-"));
  logger = new MemoryLogger();
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  rmSync(dir, { recursive: true });
});

const archiveDir = (): string => join(dir, "data", "archive");

async function anEngine(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = Engine.open({
    ...{ dataDir: join(dir, "data"), shards: 2, tickMs: 20, fsync: false, archive: true, logger },
    broadcast: () => Promise.resolve({}),
    ...options,
  });
  await engine.start();
  return engine;
}

const put = (engine: Engine, from: number, to: number): Promise<void> =>
  engine.plays.put(
    Array.from({ length: to - from + 1 }, (_, i) => ({
      partitionKey: `listener-${(from + i) % 5}`,
      data: Buffer.from(`record ${from + i}`),
    })),
  );

async function archived(): Promise<ArchivedRecord[]> {
  const records: ArchivedRecord[] = [];
  for await (const record of readArchive(new DirectoryArchive(archiveDir()))) records.push(record);
  return records;
}

const numbers = (records: readonly ArchivedRecord[]): number[] =>
  records.map(({ data }) => Number(Buffer.from(data).toString().slice(7))).sort((a, b) => a - b);

const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

describe("the engine", () => {
  test("archives every record, also what is no play, and each shard's in order", async () => {
    const engine = await anEngine();

    await put(engine, 1, 200);
    await put(engine, 201, 300);
    await engine.settle();

    const records = await archived();
    await engine.close();
    expect(numbers(records)).toEqual(upTo(300));
    for (const { id } of [{ id: "0" }, { id: "1" }]) {
      const own = records
        .filter(({ shard }) => shard.endsWith(id))
        .map(({ sequenceNumber }) => sequenceNumber);
      expect(own).toEqual(own.toSorted());
    }
    expect(records.every(({ shard }) => shard.startsWith("plays/shardId-00000000000"))).toBe(true);
  });

  test("archives at its end what was put right before", async () => {
    const engine = await anEngine();

    await put(engine, 1, 50);
    await engine.close();

    expect(numbers(await archived())).toEqual(upTo(50));
  });

  test("goes on after a restart, in the same file and with nothing twice", async () => {
    const first = await anEngine({ shards: 1 });
    await put(first, 1, 50);
    await first.close();
    const second = await anEngine({ shards: 1 });
    await put(second, 51, 80);
    await second.close();

    const objects = await new DirectoryArchive(archiveDir()).list();
    const lines: ArchivedRecord[] = [];
    for (const object of objects)
      for await (const record of new DirectoryArchive(archiveDir()).read(object)) lines.push(record);

    expect(lines).toHaveLength(80);
    expect(objects.length).toBe(new Set(objects.map(({ hour }) => hour)).size);
    expect(numbers(await archived())).toEqual(upTo(80));
  });

  test("archives nothing where it is told so", async () => {
    const engine = await anEngine({ archive: false });
    await put(engine, 1, 5);
    await engine.settle();
    await engine.close();

    expect(existsSync(archiveDir())).toBe(false);
  });

  test("does not start where the archive is a file, says so, and frees the data directory", async () => {
    mkdirSync(dirname(archiveDir()), { recursive: true });
    writeFileSync(archiveDir(), "");

    await expect(anEngine()).rejects.toThrow(/^cannot make the archive's directory: EEXIST: .*archive'$/);

    rmSync(archiveDir());
    await (await anEngine()).close();
  });

  test("that cannot archive counts all the same, says why, ends, and archives it at the next start", async () => {
    mkdirSync(archiveDir(), { recursive: true });
    const blocked = join(archiveDir(), hourPath(hourOf(Date.now() as EpochMs)));
    mkdirSync(dirname(blocked), { recursive: true });
    writeFileSync(blocked, "a file where a folder has to be");
    const engine = await anEngine();

    await put(engine, 1, 20);
    await engine.consumed();
    await until(
      "a failure",
      () => Promise.resolve(logger.entries.some(({ level }) => level === "error")),
      10_000,
    );
    await engine.close();

    const [failure] = logger.entries.filter(({ level }) => level === "error");
    expect(failure).toMatchObject({ message: "the archiver failed", fields: { kind: "batch" } });
    expect(String(failure?.fields["reason"])).toContain(`StoreError: archive ${blocked}`);
    const left = logger.entries.filter(({ message }) => message.includes("not archived"));
    expect(left).toMatchObject([{ level: "warn", fields: { records: 20 } }]);
    rmSync(blocked);
    logger = new MemoryLogger();
    const again = await anEngine();
    await again.close();
    expect(numbers(await archived())).toEqual(upTo(20));
    expect(logger.entries.filter(({ message }) => message.includes("not archived"))).toEqual([]);
  });

  test("deletes hours that are older than it is told", async () => {
    const old = new DirectoryArchive(archiveDir());
    const now = Date.now();
    await old.write([anArchivedRecord(1, { arrivedAt: (now - 4 * dayMs) as EpochMs })]);
    await old.write([anArchivedRecord(2, { arrivedAt: (now - 2 * dayMs) as EpochMs })]);

    const engine = await anEngine({ archiveDays: 3 });
    await until("the old hour is gone", async () => (await old.list()).length === 1, 10_000);
    await engine.close();

    expect((await old.list()).map(({ hour }) => hour)).toEqual([hourOf((now - 2 * dayMs) as EpochMs)]);
  });
});

describe("the stream", () => {
  const openStream = (): LocalStream => {
    const stream = LocalStream.open({
      ...{ dir: join(dir, "stream"), name: "plays", shardCount: 1, retentionMs: 0, fsync: false },
      ...{ now: Date.now, maxFileBytes: 100 },
    });
    closing.push(() => Promise.resolve(stream.close()));
    return stream;
  };
  const shard = "shardId-000000000000";
  const files = (): number => readdirSync(join(dir, "stream", shard)).length;
  const putOne = (stream: LocalStream, n: number) =>
    stream.put([{ partitionKey: "u", data: Buffer.from(`record ${n}`) }]);
  const aMapping = (stream: LocalStream, checkpointFile: string, handler: () => Promise<void>) => {
    const options = { maxBackoffMs: 5, checkpointIntervalMs: 1, now: Date.now };
    return new EventSourceMapping({ stream, handler, checkpointFile, ...options });
  };

  test("keeps what one of its readers has not handled, and lets it go when both have", async () => {
    const stream = openStream();
    let isBroken = true;
    const quick = aMapping(stream, "quick.json", () => Promise.resolve());
    const slow = aMapping(stream, "slow.json", () =>
      isBroken ? Promise.reject(new Error("full")) : Promise.resolve(),
    );
    quick.start();
    slow.start();

    for (let n = 1; n <= 20; n++) putOne(stream, n);
    await quick.drained();
    putOne(stream, 21);
    await quick.drained();
    const kept = stream.read(shard, TRIM_HORIZON, { maxRecords: 100, maxBytes: 100_000 }).length;
    isBroken = false;
    await slow.drained();
    await until("the files are gone", () => Promise.resolve(files() < 3), 10_000);
    await Promise.all([quick.stop(), slow.stop()]);

    expect(kept).toBe(21);
  });

  test("keeps it also before the other reader has started", async () => {
    const stream = openStream();
    const late = aMapping(stream, "late.json", () => Promise.resolve());
    const quick = aMapping(stream, "quick.json", () => Promise.resolve());
    quick.start();

    for (let n = 1; n <= 20; n++) putOne(stream, n);
    await quick.drained();
    const kept = stream.read(shard, TRIM_HORIZON, { maxRecords: 100, maxBytes: 100_000 }).length;
    late.start();
    await Promise.all([quick.stop(), late.stop()]);

    expect(kept).toBe(20);
  });

  test("tells who archives it again how much is gone", async () => {
    const stream = openStream();
    const consumer = aMapping(stream, "checkpoints.json", () => Promise.resolve());
    consumer.start();
    for (let n = 1; n <= 20; n++) putOne(stream, n);
    await consumer.drained();
    putOne(stream, 21);
    await consumer.drained();
    await consumer.stop();

    const keeper = new ArchiveKeeper({ stream, dir: join(dir, "archive"), days: undefined, logger });
    keeper.start();
    await keeper.close();

    const gone = 21 - stream.read(shard, TRIM_HORIZON, { maxRecords: 100, maxBytes: 100_000 }).length;
    expect(gone).toBeGreaterThan(0);
    expect(logger.entries.filter(({ level }) => level === "warn")).toMatchObject([
      { message: expect.stringContaining("the archive lacks them"), fields: { records: gone } },
    ]);
  });

  test("is delivered without waiting for the batch window when somebody waits for it", async () => {
    const stream = openStream();
    const mapping = new EventSourceMapping({
      ...{ stream, handler: () => Promise.resolve(), now: Date.now, batchWindowMs: 3_600_000 },
    });
    mapping.start();
    putOne(stream, 1);

    await mapping.drained();
    putOne(stream, 2);
    await mapping.drained();
    await mapping.stop();

    expect(mapping.lag().records).toBe(0);
  });
});
