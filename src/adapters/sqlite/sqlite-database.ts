import { DatabaseSync, type StatementSync } from "node:sqlite";
import { StoreError } from "#src/domain/errors.ts";
import { moveEarlierCounters } from "./earlier-counters.ts";

export interface SqliteOptions {
  /**
   * What a commit waits for: `power-loss` for the disk, `process-kill` for the operating system. A power loss may then
   * take the last commits, and never damages the file. With `nothing`, whatever ends the process in a commit may damage the
   * file, and nobody else can open it meanwhile: for one that goes with its process. A transaction that fails is undone all the same.
   *
   * @default "process-kill"
   */
  readonly survives?: "power-loss" | "process-kill" | "nothing";
  /** Whether the file may be read only, also while another process writes it; it must exist. @default false */
  readonly readOnly?: boolean;
}

const profileHeads = `(
    user_id TEXT PRIMARY KEY, epoch INTEGER NOT NULL, listened_ms INTEGER NOT NULL, first_heard_at INTEGER NOT NULL,
    body BLOB NOT NULL) WITHOUT ROWID`;
const schema = `
  CREATE TABLE IF NOT EXISTS segments (
    shard TEXT NOT NULL, position TEXT NOT NULL, previous TEXT NOT NULL, plays INTEGER NOT NULL,
    unqualified INTEGER NOT NULL, duplicates INTEGER NOT NULL, rejects INTEGER NOT NULL, arrived_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, body BLOB NOT NULL, written_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (shard, position));
  CREATE TABLE IF NOT EXISTS heads (
    shard TEXT PRIMARY KEY, position TEXT NOT NULL, plays INTEGER NOT NULL, unqualified INTEGER NOT NULL,
    duplicates INTEGER NOT NULL, rejects INTEGER NOT NULL, arrived_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS totals (
    key TEXT PRIMARY KEY, epoch INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS counter_log (row INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, body BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS profiles (
    user_id TEXT PRIMARY KEY, epoch INTEGER NOT NULL, listened_ms INTEGER NOT NULL, first_heard_at INTEGER NOT NULL,
    body BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS profile_heads ${profileHeads};
  CREATE TABLE IF NOT EXISTS publications (
    key TEXT PRIMARY KEY, epoch INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS epochs (
    epoch INTEGER PRIMARY KEY, status TEXT NOT NULL, record TEXT NOT NULL, figures TEXT, committed_at INTEGER);
  CREATE TABLE IF NOT EXISTS broadcasts (
    epoch INTEGER PRIMARY KEY, at INTEGER NOT NULL, messages INTEGER NOT NULL, failed INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS tokens (
    hash TEXT PRIMARY KEY, label TEXT NOT NULL, user_id TEXT, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL)
    WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS claims (id TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS imports (
    sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, started_at INTEGER NOT NULL, finished_at INTEGER, sent INTEGER,
    left_out INTEGER, rejected INTEGER) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS rejects (
    id TEXT PRIMARY KEY, shard TEXT NOT NULL, sequence_number TEXT NOT NULL, entry INTEGER NOT NULL,
    arrived_at INTEGER NOT NULL, reason TEXT NOT NULL, chunks INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS reject_pieces (
    id TEXT NOT NULL, chunk INTEGER NOT NULL, raw BLOB NOT NULL, PRIMARY KEY (id, chunk));
  CREATE TABLE IF NOT EXISTS verification (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS lease (id INTEGER PRIMARY KEY CHECK (id = 1), owner TEXT NOT NULL, ends_at INTEGER NOT NULL);
`;

/** Columns that a data directory of an earlier version lacks. */
const laterColumns = [
  ["segments", "written_at", "INTEGER NOT NULL DEFAULT 0"],
  ["epochs", "committed_at", "INTEGER"],
] as const;

/** How long a request waits for the write of another process, ms. */
const busyTimeoutMs = 5_000;

/** One SQLite file that the embedded stores share. Every failure of SQLite becomes a `StoreError`. */
export class SqliteDatabase {
  readonly isReadOnly: boolean;
  readonly #path: string;
  readonly #db: DatabaseSync;
  #dataVersion: StatementSync | undefined;

  /** @param path a file, or `:memory:` */
  constructor(path: string, { survives = "process-kill", readOnly = false }: SqliteOptions = {}) {
    this.#path = path;
    try {
      this.isReadOnly = readOnly;
      if (readOnly) {
        this.#db = new DatabaseSync(path, { readOnly, timeout: busyTimeoutMs });
        if (!hasTable(this.#db, "totals"))
          throw new Error(
            "an earlier version wrote it; start `earworm dev` on it once, which brings it up to date",
          );
        this.#addMissingTables();
        return;
      }
      // `earworm token` writes while `earworm dev` runs: whoever comes second waits.
      this.#db = new DatabaseSync(path, { timeout: busyTimeoutMs });
      this.#db.exec(commitsFor[survives]);
      this.#db.exec("PRAGMA cache_size = -65536"); // 64 MiB
      this.#db.exec("PRAGMA wal_autocheckpoint = 8000"); // 32 MiB: a page that changes often is copied back less often
      this.#db.exec(schema);
      this.#addColumns();
      if (hasTable(this.#db, "counters")) this.transaction(() => moveEarlierCounters(this.#db));
    } catch (cause) {
      throw new StoreError(`cannot open the database ${path}: ${messageOf(cause)}`, { cause });
    }
  }

  /** Tables that a data directory of an earlier version lacks, empty: what may only be read is not changed for them. */
  #addMissingTables(): void {
    const found = this.#db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'profile_heads'").get();
    if (found === undefined) this.#db.exec(`CREATE TEMP TABLE profile_heads ${profileHeads}`);
  }

  #addColumns(): void {
    for (const [table, column, type] of laterColumns) {
      const columns = this.#db.prepare(`PRAGMA table_info(${table})`).all();
      if (columns.some(({ name }) => name === column)) continue;
      this.#db.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
    }
  }

  prepare(sql: string): StatementSync {
    return this.#db.prepare(sql);
  }

  /** A number that is another one after another process has written, and not after this connection has. */
  dataVersion(): number {
    this.#dataVersion ??= this.#db.prepare("PRAGMA data_version");
    return (this.#dataVersion.get() as { readonly data_version: number }).data_version;
  }

  /** Runs `work`; what it wrote is kept as a whole or, when it throws, not at all. */
  transaction<T>(work: () => T): T {
    return this.run(() => {
      this.#db.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        this.#db.exec("COMMIT");
        return result;
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
        throw error;
      }
    });
  }

  /** Runs `work`, to which everything stays as it was at its first read, whatever another process writes. It writes nothing. */
  async reading<T>(work: () => Promise<T>): Promise<T> {
    this.run(() => this.#db.exec("BEGIN"));
    try {
      return await work();
    } finally {
      this.#db.exec("ROLLBACK");
    }
  }

  /** Runs `work` and names the database in what SQLite throws. */
  run<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      if (!isSqliteError(cause)) throw cause;
      throw new StoreError(`the database ${this.#path} refused: ${messageOf(cause)}`, { cause });
    }
  }

  /** Rewrites the file, so that nothing of what was deleted or replaced is left in it. */
  compact(): void {
    this.run(() => this.#db.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)"));
  }

  close(): void {
    this.#db.close();
  }
}

/** A log ahead of the file is every page written twice; what nobody opens again needs none (ADR 27). */
const commitsFor = {
  "power-loss": "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
  "process-kill": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
  nothing: "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF",
} as const satisfies Record<NonNullable<SqliteOptions["survives"]>, string>;

const hasTable = (db: DatabaseSync, name: string): boolean =>
  db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined;

const isSqliteError = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "ERR_SQLITE_ERROR";

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
