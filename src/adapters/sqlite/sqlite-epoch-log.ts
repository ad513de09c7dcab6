import type { StatementSync } from "node:sqlite";
import type { BroadcastOutcome, EpochNumber, EpochRecord, StageFigures } from "#src/domain/epoch.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { Verification } from "#src/domain/verification.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

interface EpochRow {
  readonly status: EpochRecord["status"];
  /** The record's JSON, without what committing adds. */
  readonly record: string;
  readonly figures: string | null;
  readonly committed_at: EpochMs | null;
}

interface LeaseRow {
  readonly owner: string;
  readonly ends_at: number;
}

export class SqliteEpochLog implements EpochLog {
  readonly #db: SqliteDatabase;
  readonly #selectLatest: StatementSync;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #commit: StatementSync;
  readonly #replaceBroadcast: StatementSync;
  readonly #selectBroadcast: StatementSync;
  readonly #replaceVerification: StatementSync;
  readonly #selectVerification: StatementSync;
  readonly #selectLease: StatementSync;
  readonly #replaceLease: StatementSync;
  readonly #deleteLease: StatementSync;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#selectLatest = db.prepare("SELECT * FROM epochs ORDER BY epoch DESC LIMIT 1");
    this.#select = db.prepare("SELECT * FROM epochs WHERE epoch = ?");
    this.#insert = db.prepare("INSERT OR IGNORE INTO epochs VALUES (?, 'open', ?, NULL, NULL)");
    this.#commit = db.prepare(
      "UPDATE epochs SET status = 'committed', figures = ?, committed_at = ? WHERE epoch = ? AND status = 'open'",
    );
    this.#replaceBroadcast = db.prepare("INSERT OR REPLACE INTO broadcasts VALUES (?, ?, ?, ?)");
    this.#selectBroadcast = db.prepare("SELECT at, messages, failed FROM broadcasts WHERE epoch = ?");
    this.#replaceVerification = db.prepare("INSERT OR REPLACE INTO verification VALUES (1, ?)");
    this.#selectVerification = db.prepare("SELECT body FROM verification");
    this.#selectLease = db.prepare("SELECT owner, ends_at FROM lease");
    this.#replaceLease = db.prepare("INSERT OR REPLACE INTO lease VALUES (1, ?, ?)");
    this.#deleteLease = db.prepare("DELETE FROM lease WHERE owner = ?");
  }

  async latest(): Promise<EpochRecord | undefined> {
    return toRecord(this.#db.run(() => this.#selectLatest.get()) as unknown as EpochRow | undefined);
  }

  async read(epoch: EpochNumber): Promise<EpochRecord | undefined> {
    return toRecord(this.#db.run(() => this.#select.get(epoch)) as unknown as EpochRow | undefined);
  }

  async create(record: EpochRecord): Promise<"created" | "exists"> {
    const { changes } = this.#db.run(() => this.#insert.run(record.epoch, JSON.stringify(record)));
    return changes === 0 ? "exists" : "created";
  }

  async commit(
    epoch: EpochNumber,
    figures: Readonly<Record<string, StageFigures>>,
    at: EpochMs,
  ): Promise<void> {
    const { changes } = this.#db.run(() => this.#commit.run(JSON.stringify(figures), at, epoch));
    if (changes === 0 && (await this.read(epoch)) === undefined) {
      throw new CorruptStoreError(`epoch ${epoch} has no record`);
    }
  }

  async noteBroadcast(epoch: EpochNumber, { at, messages, failed }: BroadcastOutcome): Promise<void> {
    this.#db.run(() => this.#replaceBroadcast.run(epoch, at, messages, failed));
  }

  async readBroadcast(epoch: EpochNumber): Promise<BroadcastOutcome | undefined> {
    const row = this.#db.run(() => this.#selectBroadcast.get(epoch)) as unknown as
      | BroadcastOutcome
      | undefined;
    return row && { at: row.at, messages: row.messages, failed: row.failed };
  }

  async noteVerification(verification: Verification): Promise<void> {
    this.#db.run(() => this.#replaceVerification.run(JSON.stringify(verification)));
  }

  async readVerification(): Promise<Verification | undefined> {
    const row = this.#db.run(() => this.#selectVerification.get()) as { readonly body: string } | undefined;
    return row === undefined ? undefined : (JSON.parse(row.body) as Verification);
  }

  async acquireLease(owner: string, now: EpochMs, lengthMs: number): Promise<boolean> {
    return this.#db.transaction(() => {
      const lease = this.#selectLease.get() as unknown as LeaseRow | undefined;
      const isHeld =
        lease !== undefined &&
        lease.owner !== owner &&
        lease.ends_at > now &&
        lease.ends_at <= now + lengthMs;
      if (!isHeld) this.#replaceLease.run(owner, now + lengthMs);
      return !isHeld;
    });
  }

  async releaseLease(owner: string): Promise<void> {
    this.#db.run(() => this.#deleteLease.run(owner));
  }
}

function toRecord(row: EpochRow | undefined): EpochRecord | undefined {
  if (row === undefined) return undefined;
  const record = { ...(JSON.parse(row.record) as EpochRecord), status: row.status };
  return {
    ...record,
    ...(row.figures === null ? {} : { figures: JSON.parse(row.figures) }),
    ...(row.committed_at === null ? {} : { committedAt: row.committed_at }),
  };
}
