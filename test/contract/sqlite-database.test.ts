import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { openStores } from "#local/stores.ts";
import { SqliteDatabase } from "#src/adapters/sqlite/sqlite-database.ts";
import type { CounterKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { origin, positionAt, type ShardKey } from "#src/domain/position.ts";
import type { Segment } from "#src/domain/segment.ts";
import { noTotals } from "#src/domain/totals.ts";
import { collect } from "./opened.ts";

const shard = "plays/shardId-000000000000" as ShardKey;
const now = 1_795_185_000_000 as EpochMs;

const aSegment = (n: number): Segment => ({
  head: {
    shard,
    position: positionAt(String(n), 1),
    counts: { plays: n, unqualified: 0, duplicates: 0, rejects: 0 },
    arrivedAt: now,
  },
  previous: n === 1 ? origin : positionAt(String(n - 1), 1),
  writtenAt: now,
  body: new Uint8Array([1]),
});

function aDataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "earworm-sqlite-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** A data directory as it was before segments and commits had a time and songs had tenths, with one of each. */
function anOldDataDir(): string {
  const dir = aDataDir();
  const db = new DatabaseSync(join(dir, "earworm.db"));
  db.exec(`
    CREATE TABLE segments (
      shard TEXT NOT NULL, position TEXT NOT NULL, previous TEXT NOT NULL, plays INTEGER NOT NULL,
      unqualified INTEGER NOT NULL, duplicates INTEGER NOT NULL, rejects INTEGER NOT NULL, arrived_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (shard, position));
    CREATE TABLE heads (
      shard TEXT PRIMARY KEY, position TEXT NOT NULL, plays INTEGER NOT NULL, unqualified INTEGER NOT NULL,
      duplicates INTEGER NOT NULL, rejects INTEGER NOT NULL, arrived_at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE counters (
      key TEXT PRIMARY KEY, epoch INTEGER NOT NULL, plays INTEGER NOT NULL, unqualified INTEGER NOT NULL,
      listened_ms INTEGER NOT NULL, completes INTEGER NOT NULL, skips INTEGER NOT NULL, rating_sum INTEGER NOT NULL,
      rating_count INTEGER NOT NULL, first_played_at INTEGER, labelled_at INTEGER, artist TEXT, title TEXT,
      windows TEXT) WITHOUT ROWID;
    INSERT INTO counters VALUES ('SONG#s', 1, 3, 0, 9, 0, 0, 0, 0, 1, 1, 'a', 't', NULL);
    CREATE TABLE epochs (epoch INTEGER PRIMARY KEY, status TEXT NOT NULL, record TEXT NOT NULL, figures TEXT);
    INSERT INTO epochs VALUES (1, 'committed', '{"epoch":1}', '{}');
  `);
  const { head, previous, body } = aSegment(1);
  db.prepare("INSERT INTO heads VALUES (?, ?, 1, 0, 0, 0, ?)").run(shard, head.position, now);
  db.prepare("INSERT INTO segments VALUES (?, ?, ?, 1, 0, 0, 0, ?, ?, ?)").run(
    shard,
    head.position,
    previous,
    now,
    now,
    body,
  );
  db.close();
  return dir;
}

test("what was deleted is not left in a file that was compacted", () => {
  const dir = mkdtempSync(join(tmpdir(), "earworm-sqlite-"));
  const path = join(dir, "test.db");
  const db = new SqliteDatabase(path);
  const secret = "nobody is to find this again";
  db.prepare("INSERT INTO publications VALUES ('key', 1, ?)").run(secret.repeat(100));
  db.prepare("DELETE FROM publications").run();
  const bytes = () => readFileSync(path, "latin1") + readFileSync(`${path}-wal`, "latin1");
  expect(bytes()).toContain(secret);

  db.compact();

  expect(bytes()).not.toContain(secret);
  db.close();
  rmSync(dir, { recursive: true });
});

test("a data directory of an earlier version goes on, with times from now on", async () => {
  const stores = openStores(anOldDataDir(), {});
  onTestFinished(() => stores.close());

  expect(await stores.segments.append(aSegment(2), now)).toBe("appended");

  const segments = await collect(stores.segments.readRange(shard, origin, positionAt("9", 1)));
  expect(segments).toEqual([{ ...aSegment(1), writtenAt: 0 }, aSegment(2)]);
  expect(await stores.epochs.read(1 as EpochNumber)).toEqual({ epoch: 1, status: "committed", figures: {} });
});

test("songs of an earlier version have no tenths, and get them with their next plays", async () => {
  const dir = anOldDataDir();
  const key = "SONG#s" as CounterKey;
  const tenths = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
  const stores = openStores(dir, {});
  onTestFinished(() => stores.close());
  expect((await stores.counters.read([key]))[0]?.totals).toMatchObject({ plays: 3, tenths: [] });

  await stores.counters.apply(2 as EpochNumber, now, [{ key, totals: { ...noTotals, plays: 3, tenths } }]);

  expect((await stores.counters.read([key]))[0]?.totals).toMatchObject({ plays: 6, tenths });
});

test("a reader sees what a writer writes meanwhile, and can write nothing", async () => {
  const dir = aDataDir();
  const writer = openStores(dir, {});
  const reader = openStores(dir, { readOnly: true });
  onTestFinished(() => {
    reader.close();
    writer.close();
  });

  await writer.segments.append(aSegment(1), now);

  expect(await reader.segments.readHead(shard)).toEqual(aSegment(1).head);
  await expect(reader.segments.append(aSegment(2), now)).rejects.toThrow(StoreError);
  expect(await writer.segments.append(aSegment(2), now)).toBe("appended");
});

test("a database that survives nothing undoes what fails, and is its own while it is open", () => {
  const dir = aDataDir();
  const path = join(dir, "test.db");
  const db = new SqliteDatabase(path, { survives: "nothing" });
  const insert = db.prepare("INSERT INTO publications VALUES (?, 1, 'body')");
  db.transaction(() => insert.run("kept"));

  expect(() =>
    db.transaction(() => {
      insert.run("undone");
      throw new RangeError("no");
    }),
  ).toThrow(RangeError);

  expect(db.prepare("SELECT key FROM publications").all()).toEqual([{ key: "kept" }]);
  const other = new DatabaseSync(path);
  expect(() => other.exec("SELECT * FROM publications")).toThrow("locked");
  other.close();
  db.close();
});

test("a reader opens nothing that is not there", () => {
  expect(() => openStores(aDataDir(), { readOnly: true })).toThrow(StoreError);
});
