import type { StatementSync } from "node:sqlite";
import type { EpochMs } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import {
  assembleReject,
  countReasons,
  type ReasonCount,
  type Reject,
  type RejectId,
  type RejectPiece,
  type RejectSummary,
  rejectIdsOfDay,
} from "#src/domain/reject.ts";
import type { RejectPage, RejectQuery, RejectStore } from "#src/ports/reject-store.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

interface RejectRow {
  readonly id: RejectId;
  readonly shard: ShardKey;
  readonly sequence_number: string;
  readonly entry: number;
  readonly arrived_at: EpochMs;
  readonly reason: string;
  readonly chunks: number;
}

interface PieceRow {
  readonly chunk: number;
  readonly raw: Uint8Array;
}

export class SqliteRejectStore implements RejectStore {
  readonly #db: SqliteDatabase;
  readonly #insert: StatementSync;
  readonly #insertPiece: StatementSync;
  readonly #delete: StatementSync;
  readonly #deletePieces: StatementSync;
  readonly #selectPage: StatementSync;
  readonly #select: StatementSync;
  readonly #selectPieces: StatementSync;
  readonly #countReasons: StatementSync;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#insert = db.prepare("INSERT OR IGNORE INTO rejects VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#insertPiece = db.prepare("INSERT OR IGNORE INTO reject_pieces VALUES (?, ?, ?)");
    this.#delete = db.prepare("DELETE FROM rejects WHERE id = ?");
    this.#deletePieces = db.prepare("DELETE FROM reject_pieces WHERE id = ?");
    this.#selectPage = db.prepare(
      "SELECT * FROM rejects WHERE id >= ? AND id < ? AND id > ? AND instr(reason, ?) > 0 ORDER BY id LIMIT ?",
    );
    this.#select = db.prepare("SELECT * FROM rejects WHERE id = ?");
    this.#selectPieces = db.prepare("SELECT chunk, raw FROM reject_pieces WHERE id = ?");
    this.#countReasons = db.prepare(
      "SELECT reason, count(*) AS count FROM rejects WHERE id >= ? AND id < ? GROUP BY reason",
    );
  }

  async write(pieces: readonly RejectPiece[]): Promise<void> {
    this.#db.transaction(() => {
      for (const { id, shard, sequenceNumber, entry, arrivedAt, reason, chunk, chunks, raw } of pieces) {
        this.#insertPiece.run(id, chunk, raw);
        if (chunk > 0) continue;
        this.#insert.run(id, shard, sequenceNumber, entry, arrivedAt, reason, chunks);
      }
    });
  }

  async remove(ids: readonly RejectId[]): Promise<void> {
    this.#db.transaction(() => {
      for (const id of ids) {
        this.#delete.run(id);
        this.#deletePieces.run(id);
      }
    });
  }

  async list({ day, reason = "", after, limit }: RejectQuery): Promise<RejectPage> {
    const { from, to } = rejectIdsOfDay(day);
    const rows = this.#db.run(() =>
      this.#selectPage.all(from, to, after ?? "", reason, limit + 1),
    ) as unknown as RejectRow[];
    const rejects = rows.slice(0, limit).map(summaryFrom);
    return { rejects, next: rows.length > limit ? rejects.at(-1)?.id : undefined };
  }

  async read(id: RejectId): Promise<Reject | undefined> {
    return this.#db.run(() => {
      const row = this.#select.get(id) as unknown as RejectRow | undefined;
      if (row === undefined) return undefined;
      const raws: Uint8Array[] = [];
      for (const { chunk, raw } of this.#selectPieces.all(id) as unknown as PieceRow[]) raws[chunk] = raw;
      return assembleReject(summaryFrom(row), raws);
    });
  }

  async counts(day: EpochMs): Promise<readonly ReasonCount[]> {
    const { from, to } = rejectIdsOfDay(day);
    const rows = this.#db.run(() => this.#countReasons.all(from, to)) as unknown as ReasonCount[];
    return countReasons(rows.map(({ reason, count }) => [reason, count]));
  }
}

const summaryFrom = (row: RejectRow): RejectSummary => ({
  id: row.id,
  shard: row.shard,
  sequenceNumber: row.sequence_number,
  entry: row.entry,
  arrivedAt: row.arrived_at,
  reason: row.reason,
  chunks: row.chunks,
});
