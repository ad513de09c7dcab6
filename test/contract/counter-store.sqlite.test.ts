import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { LogLimits } from "#src/adapters/sqlite/counter-log.ts";
import { SqliteCounterStore } from "#src/adapters/sqlite/sqlite-counter-store.ts";
import { SqliteDatabase } from "#src/adapters/sqlite/sqlite-database.ts";
import { type CounterKey, songKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { EpochMs, TrackId } from "#src/domain/play.ts";
import { addTotals, noTotals, type Totals } from "#src/domain/totals.ts";
import { someTotals } from "#test/support/arbitraries.ts";
import { openSqlite } from "#test/support/sqlite-stores.ts";
import { counterStoreContract } from "./counter-store.contract.ts";
import { collect } from "./opened.ts";

counterStoreContract("SqliteCounterStore", openSqlite("counters"));

/** Its log is full after a few counters, so that they are on their way into the table all the time. */
const smallLog: LogLimits = { counters: 3, bytes: 2000, direct: Number.POSITIVE_INFINITY };
/** Two counters and more go to the table at once where they can. */
const passedLog: LogLimits = { ...smallLog, direct: 2 };

for (const [name, limits] of Object.entries({
  "a small log": smallLog,
  "a log that is passed by": passedLog,
})) {
  counterStoreContract(`SqliteCounterStore with ${name}`, () => {
    const dir = mkdtempSync(join(tmpdir(), "earworm-sqlite-"));
    const db = new SqliteDatabase(join(dir, "earworm.db"));
    const close = (): Promise<void> => {
      db.close();
      rmSync(dir, { recursive: true });
      return Promise.resolve();
    };
    return Promise.resolve({ store: new SqliteCounterStore(db, limits), close });
  });
}

const now = 1_795_185_000_000 as EpochMs;
const key = songKey("s" as TrackId);
const others = Array.from({ length: 10 }, (_, n) => songKey(`other-${n}` as TrackId));

function aFile(): string {
  const dir = mkdtempSync(join(tmpdir(), "earworm-sqlite-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return join(dir, "earworm.db");
}

/** A store on a connection of its own, closed when the test ends. */
function connect(path: string, { readOnly = false, limits = smallLog } = {}): SqliteCounterStore {
  const db = new SqliteDatabase(path, { readOnly });
  onTestFinished(() => db.close());
  return new SqliteCounterStore(db, limits);
}

const add = (store: SqliteCounterStore, epoch: number, keys: readonly CounterKey[], plays = 1) =>
  store.apply(
    epoch as EpochNumber,
    now,
    keys.map((of) => ({ key: of, totals: { ...noTotals, plays } })),
  );

const playsOf = async (store: SqliteCounterStore, of: CounterKey) =>
  (await store.read([of]))[0]?.totals.plays;

function rowsOf(path: string, table: string): number {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return (db.prepare(`SELECT count(*) AS rows FROM ${table}`).get() as { readonly rows: number }).rows;
  } finally {
    db.close();
  }
}

test("counters of a log that is half in the table are what they are when the file is opened anew", async () => {
  const path = aFile();
  const store = connect(path);
  for (let epoch = 1; epoch <= 4; epoch++) await add(store, epoch, [key, ...others.slice(epoch, epoch + 1)]);
  expect(rowsOf(path, "counter_log")).toBeGreaterThan(0);
  expect(rowsOf(path, "totals")).toBeGreaterThan(0);

  const again = connect(path); // the first one was never closed: a kill

  expect(await playsOf(again, key)).toBe(4);
  expect(await collect(again.list(""))).toEqual(await collect(store.list("")));
  expect(again.count("SONG#")).toBe(5);
  await add(again, 5, [key]);
  expect(await playsOf(again, key)).toBe(5);
});

test("connections that take turns add to what the others left", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(2), fc.subarray([key, ...others], { minLength: 1 })), { maxLength: 20 }),
      async (turns) => {
        const path = aFile();
        const stores = [
          connect(path),
          connect(path, { limits: passedLog }),
          connect(path, { limits: passedLog }),
        ];
        const reader = connect(path, { readOnly: true });
        const expected = new Map<CounterKey, number>();
        for (const [at, [who, keys]] of turns.entries()) {
          await add(stores[who] ?? reader, at + 1, keys);
          for (const of of keys) expected.set(of, (expected.get(of) ?? 0) + 1);
          for (const store of [...stores, reader]) {
            const listed = await collect(store.list(""));
            expect(new Map(listed.map((counter) => [counter.key, counter.totals.plays]))).toEqual(expected);
            expect(store.count("")).toBe(expected.size);
          }
        }
      },
    ),
    { numRuns: 15 },
  );
}, 60_000);

test("what a call wrote before it failed is neither in the file nor in memory", async () => {
  const path = aFile();
  const store = connect(path);
  await add(store, 1, others);
  await add(store, 5, [key]);

  await expect(add(store, 2, [...others, key], 100)).rejects.toThrow(StaleEpochError);

  for (const of of others) expect(await playsOf(store, of)).toBe(1);
  await add(store, 6, [...others, key]);
  for (const of of [...others, key]) expect(await playsOf(store, of)).toBe(2);
  expect(await collect(connect(path).list(""))).toEqual(await collect(store.list("")));
});

test("counters that share pages go to the table, and to the log where it has one of them or the table has more", async () => {
  const path = aFile();
  const store = connect(path, { limits: passedLog });
  await add(store, 1, others);
  expect([rowsOf(path, "counter_log"), rowsOf(path, "totals")]).toEqual([0, 10]);

  await add(
    store,
    2,
    others.filter((_, n) => n % 9 === 0),
  ); // two of ten
  expect([rowsOf(path, "counter_log"), rowsOf(path, "totals")]).toEqual([1, 10]);
  await add(store, 3, others);

  const listed = await collect(connect(path).list(""));
  expect(listed.map(({ totals }) => totals.plays)).toEqual(others.map((_, n) => (n % 9 === 0 ? 3 : 2)));
});

test("nothing of a counter that was replaced is left in the log", async () => {
  const path = aFile();
  const store = connect(path);
  await add(store, 1, [key, ...others], 7);

  await store.replace(2 as EpochNumber, [{ key, totals: noTotals }]);

  expect(rowsOf(path, "counter_log")).toBe(0);
  expect(await playsOf(store, key)).toBe(0);
  await add(store, 3, [key]);
  expect(await playsOf(store, key)).toBe(1);
});

test("counters as an earlier version stored them come back as they were, and are added to", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(someTotals, { maxLength: 5 }), someTotals, async (stored, delta) => {
      const path = aFile();
      writeAsEarlier(path, stored);
      expect(() => connect(path, { readOnly: true })).toThrow(/earlier version wrote it/);

      const store = connect(path);
      const counters = await collect(store.list(""));
      await store.apply(2 as EpochNumber, 0 as EpochMs, [{ key: earlierKey(0), totals: delta }]);

      const expected = stored.map((totals, n) => ({ key: earlierKey(n), epoch: 1, totals }));
      expect(counters).toEqual(expected);
      expect((await store.read([earlierKey(0)]))[0]?.totals).toEqual(addTotals(stored[0] ?? noTotals, delta));
      expect(await collect(connect(path, { readOnly: true }).list("SONG#"))).toHaveLength(
        Math.max(1, stored.length),
      );
    }),
    { numRuns: 20 },
  );
});

const earlierKey = (n: number): CounterKey => songKey(`song-${n}` as TrackId);

/** A file with one table as it was before counters had a body. */
function writeAsEarlier(path: string, counters: readonly Totals[]): void {
  const db = new DatabaseSync(path);
  db.exec(`
    CREATE TABLE counters (
      key TEXT PRIMARY KEY, epoch INTEGER NOT NULL, plays INTEGER NOT NULL, unqualified INTEGER NOT NULL,
      listened_ms INTEGER NOT NULL, completes INTEGER NOT NULL, skips INTEGER NOT NULL, rating_sum INTEGER NOT NULL,
      rating_count INTEGER NOT NULL, first_played_at INTEGER, labelled_at INTEGER, artist TEXT, title TEXT,
      windows TEXT, tenths TEXT) WITHOUT ROWID`);
  const insert = db.prepare("INSERT INTO counters VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const [n, totals] of counters.entries()) {
    const { windows, decays, listeners, label, tenths } = totals;
    const encoded = Object.fromEntries([
      ...[...windows].map(([window, { plays, listenedMs }]) => [window, [plays, listenedMs]]),
      ...[...decays].map(([window, score]) => [window, String(score)]),
      ...[...listeners].map(([window, sketch]) => [window, sketch.toString(16)]),
    ]);
    insert.run(
      earlierKey(n),
      totals.plays,
      totals.unqualified,
      totals.listenedMs,
      totals.completes,
      totals.skips,
      totals.ratingSum,
      totals.ratingCount,
      totals.firstPlayedAt ?? null,
      label?.startedAt ?? null,
      label?.artist ?? null,
      label?.title ?? null,
      windows.size + decays.size + listeners.size === 0 ? null : JSON.stringify(encoded),
      tenths.length === 0 ? null : JSON.stringify(tenths),
    );
  }
  db.close();
}
