import type { StatementSync } from "node:sqlite";
import type { FileHash, FileImport } from "#src/domain/file-import.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ImportLedger } from "#src/ports/import-ledger.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

/** A row of `imports`; the last four are null until the import is finished. */
interface ImportRow {
  readonly sha256: FileHash;
  readonly name: string;
  readonly started_at: EpochMs;
  readonly finished_at: EpochMs | null;
  readonly sent: number | null;
  readonly left_out: number | null;
  readonly rejected: number | null;
}

export class SqliteImportLedger implements ImportLedger {
  readonly #db: SqliteDatabase;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#select = db.prepare("SELECT * FROM imports WHERE sha256 = ?");
    this.#insert = db.prepare("INSERT OR IGNORE INTO imports (sha256, name, started_at) VALUES (?, ?, ?)");
    this.#update = db.prepare(
      "UPDATE imports SET finished_at = ?, sent = ?, left_out = ?, rejected = ? WHERE sha256 = ? AND finished_at IS NULL",
    );
  }

  async find(sha256: FileHash): Promise<FileImport | undefined> {
    const row = this.#db.run(() => this.#select.get(sha256)) as unknown as ImportRow | undefined;
    return row === undefined ? undefined : importFrom(row);
  }

  async begin({ sha256, name, startedAt }: Omit<FileImport, "finished">): Promise<void> {
    this.#db.run(() => this.#insert.run(sha256, name, startedAt));
  }

  async finish(sha256: FileHash, finished: NonNullable<FileImport["finished"]>): Promise<void> {
    const { at, sent, leftOut, rejected } = finished;
    this.#db.run(() => this.#update.run(at, sent, leftOut, rejected, sha256));
  }
}

function importFrom({
  sha256,
  name,
  started_at,
  finished_at,
  sent,
  left_out,
  rejected,
}: ImportRow): FileImport {
  const begun = { sha256, name, startedAt: started_at };
  if (finished_at === null) return begun;
  const figures = { sent: sent ?? 0, leftOut: left_out ?? 0, rejected: rejected ?? 0 };
  return { ...begun, finished: { at: finished_at, ...figures } };
}
