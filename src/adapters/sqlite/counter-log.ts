import type { StatementSync } from "node:sqlite";
import type { CounterDelta, CounterKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { ByteReader, ByteWriter } from "#src/wire/bytes.ts";
import { writeTotals } from "#src/wire/totals-codec.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

/** A counter as it is stored. */
export interface StoredCounter {
  readonly epoch: EpochNumber;
  /** `Totals`, encoded by src/wire/totals-codec.ts. */
  readonly body: Uint8Array;
}

/** The log goes to the table once it has so many counters, or so many bytes; some twice as much is in memory at most. */
export interface LogLimits {
  readonly counters: number;
  readonly bytes: number;
  /** A call with so many counters passes the log by where they share the table's pages. */
  readonly direct: number;
}

const usualLimits: LogLimits = { counters: 100_000, bytes: 24 * 1024 * 1024, direct: 500 };

/** What was written since the log before it was closed: counters by key, as they are after the last of its rows. */
class Part {
  readonly counters = new Map<CounterKey, StoredCounter>();
  bytes = 0;
  lastRow = 0;

  isFull({ counters, bytes }: LogLimits): boolean {
    return this.counters.size >= counters || this.bytes >= bytes;
  }
}

/** A full part on its way into the table. */
interface ClosedPart {
  readonly part: Part;
  /** In the order of the table. */
  readonly keys: readonly CounterKey[];
  /** How many of them are there. */
  moved: number;
}

/**
 * Counters that were written of late: a row of the log for each call, and not a page of the table for each counter. A full
 * log is closed and moved to the table with the calls after it, in the order of keys, so that a page takes several counters
 * at once and no call waits for all of them. In a row of
 * its own a counter of 300 bytes took 28 us of CPU, 12 to 16 of them its page's way through the write-ahead log (ADR 27).
 *
 * What is in memory is what is in the file: it is read again after a failure, and where another process has written.
 */
export class CounterLog {
  readonly #db: SqliteDatabase;
  readonly #limits: LogLimits;
  readonly #insert: StatementSync | undefined;
  readonly #selectAll: StatementSync;
  readonly #delete: StatementSync | undefined;
  readonly #put: StatementSync | undefined;
  #open = new Part();
  #closed: ClosedPart | undefined;
  /** SQLite's number of what this connection sees; another one after another process wrote. */
  #version: number | undefined;

  private constructor(db: SqliteDatabase, limits: LogLimits) {
    this.#db = db;
    this.#limits = limits;
    this.#selectAll = db.prepare("SELECT row, epoch, body FROM counter_log ORDER BY row");
    if (db.isReadOnly) return;
    this.#insert = db.prepare("INSERT INTO counter_log (epoch, body) VALUES (?, ?)");
    this.#delete = db.prepare("DELETE FROM counter_log WHERE row <= ?");
    this.#put = db.prepare("INSERT OR REPLACE INTO totals VALUES (?, ?, ?)");
  }

  /** The one of a database: stores that share a connection share what it remembers. */
  static of(db: SqliteDatabase, limits: LogLimits = usualLimits): CounterLog {
    let log = logs.get(db);
    if (log === undefined) {
      log = new CounterLog(db, limits);
      logs.set(db, log);
    }
    return log;
  }

  /** Whether counters may go to the table at once: there are enough of them, and the log has none. */
  mayPass(counters: readonly CounterDelta[]): boolean {
    return (
      counters.length >= this.#limits.direct && counters.every(({ key }) => this.find(key) === undefined)
    );
  }

  /** To be called before anything else, in the same transaction where there is one. */
  refresh(): void {
    const version = this.#db.dataVersion();
    if (version === this.#version) return;
    this.#load();
    this.#version = version;
  }

  /** To be called where a transaction failed: nobody knows then what of it is in the file. */
  forget(): void {
    this.#version = undefined;
  }

  /** Undefined for a counter that is in the table only, or not at all. */
  find(key: CounterKey): StoredCounter | undefined {
    return this.#open.counters.get(key) ?? this.#closed?.part.counters.get(key);
  }

  /** The keys in the log that start with `prefix`, each once and in no particular order. */
  keys(prefix: string): CounterKey[] {
    const keys: CounterKey[] = [];
    for (const key of this.#open.counters.keys()) if (key.startsWith(prefix)) keys.push(key);
    for (const key of this.#closed?.keys ?? [])
      if (key.startsWith(prefix) && !this.#open.counters.has(key)) keys.push(key);
    return keys;
  }

  /**
   * Adds counters, with keys that are distinct, and moves others on: part of a transaction.
   *
   * @param now windows that have expired by then are left out
   */
  append(epoch: EpochNumber, now: EpochMs, counters: readonly CounterDelta[]): void {
    if (counters.length === 0) return;
    const keys = counters.map(({ key }) => key);
    const body = encodeRow(keys, counters, now);
    const { lastInsertRowid } = this.#writable(this.#insert).run(epoch, body);
    addRow(this.#open, { row: Number(lastInsertRowid), epoch, body }, keys);
    this.#moveSome(keys.length);
  }

  /** Moves all counters to the table: part of a transaction. */
  moveAll(): void {
    this.#moveSome(Number.POSITIVE_INFINITY);
    this.#close();
    this.#moveSome(Number.POSITIVE_INFINITY);
  }

  #moveSome(most: number): void {
    if (this.#closed === undefined && this.#open.isFull(this.#limits)) this.#close();
    const closed = this.#closed;
    if (closed === undefined) return;
    const put = this.#writable(this.#put);
    const { part, keys } = closed;
    for (const end = Math.min(keys.length, closed.moved + most); closed.moved < end; closed.moved++) {
      const key = keys[closed.moved] as CounterKey;
      const counter = part.counters.get(key);
      // One that was written again since is moved with the next part.
      if (counter !== undefined && !this.#open.counters.has(key)) put.run(key, counter.epoch, counter.body);
    }
    if (closed.moved < keys.length) return;
    this.#writable(this.#delete).run(part.lastRow);
    this.#closed = undefined;
  }

  #close(): void {
    const part = this.#open;
    this.#open = new Part();
    // By UTF-16 units: nearly the order of the table, which is enough to meet its pages one after the other.
    this.#closed = { part, keys: [...part.counters.keys()].sort(), moved: 0 };
  }

  #load(): void {
    this.#open = new Part();
    this.#closed = undefined;
    for (const row of this.#selectAll.all() as unknown as readonly LogRow[]) addRow(this.#open, row);
  }

  #writable(statement: StatementSync | undefined): StatementSync {
    if (statement === undefined)
      throw new TypeError("a database that is open for reading has no statement to write");
    return statement;
  }
}

const logs = new WeakMap<SqliteDatabase, CounterLog>();

interface LogRow extends StoredCounter {
  readonly row: number;
}

/** Keys, and then totals in the same order: written where they stay, because an array for each was a tenth of all. */
function encodeRow(keys: readonly CounterKey[], counters: readonly CounterDelta[], now: EpochMs): Uint8Array {
  const writer = new ByteWriter();
  writer.strings(keys);
  for (const { totals } of counters) writer.sized(() => writeTotals(writer, totals, now));
  return writer.finish();
}

/** @param keys as they are in the row, where somebody has them */
function addRow(part: Part, { row, epoch, body }: LogRow, keys?: readonly CounterKey[]): void {
  const reader = new ByteReader(body);
  if (keys !== undefined) reader.textRun(); // passes over them
  for (const key of keys ?? (reader.strings() as CounterKey[]))
    part.counters.set(key, { epoch, body: reader.bytes() });
  part.bytes += body.length;
  part.lastRow = row;
}
