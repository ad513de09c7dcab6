import type { StatementSync } from "node:sqlite";
import type { EpochMs } from "#src/domain/play.ts";
import { type Head, origin, type Position, type ShardKey } from "#src/domain/position.ts";
import type { Segment } from "#src/domain/segment.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

interface HeadRow {
  readonly shard: ShardKey;
  readonly position: Position;
  readonly plays: number;
  readonly unqualified: number;
  readonly duplicates: number;
  readonly rejects: number;
  readonly arrived_at: EpochMs;
}

interface SegmentRow extends HeadRow {
  readonly previous: Position;
  readonly body: Uint8Array;
  readonly written_at: EpochMs;
}

export class SqliteSegmentStore implements SegmentStore {
  readonly #db: SqliteDatabase;
  readonly #selectHead: StatementSync;
  readonly #selectHeads: StatementSync;
  readonly #upsertHead: StatementSync;
  readonly #insertSegment: StatementSync;
  readonly #selectNext: StatementSync;
  readonly #selectBack: StatementSync;
  readonly #deleteExpired: StatementSync;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#selectHead = db.prepare("SELECT * FROM heads WHERE shard = ?");
    this.#selectHeads = db.prepare("SELECT * FROM heads ORDER BY shard");
    this.#upsertHead = db.prepare("INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#insertSegment = db.prepare("INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#selectNext = db.prepare(
      "SELECT * FROM segments WHERE shard = ? AND position > ? AND position <= ? ORDER BY position LIMIT 1",
    );
    this.#selectBack = db.prepare(
      "SELECT * FROM segments WHERE shard = ? AND position <= ? ORDER BY position DESC LIMIT 1",
    );
    this.#deleteExpired = db.prepare(
      "DELETE FROM segments WHERE shard = ? AND position <= ? AND expires_at <= ?",
    );
  }

  async readHead(shard: ShardKey): Promise<Head | undefined> {
    return this.#head(shard);
  }

  async readHeads(): Promise<readonly Head[]> {
    const rows = this.#db.run(() => this.#selectHeads.all()) as unknown as HeadRow[];
    return rows.map(toHead);
  }

  async append(segment: Segment, expiresAt: EpochMs): Promise<"appended" | "conflict"> {
    const { head, previous, writtenAt, body } = segment;
    const { plays, unqualified, duplicates, rejects } = head.counts;
    return this.#db.transaction(() => {
      if ((this.#head(head.shard)?.position ?? origin) !== previous) return "conflict";
      this.#upsertHead.run(
        head.shard,
        head.position,
        plays,
        unqualified,
        duplicates,
        rejects,
        head.arrivedAt,
      );
      const counts = [plays, unqualified, duplicates, rejects] as const;
      this.#insertSegment.run(
        head.shard,
        head.position,
        previous,
        ...counts,
        head.arrivedAt,
        expiresAt,
        body,
        writtenAt,
      );
      return "appended";
    });
  }

  async *readRange(shard: ShardKey, from: Position, to: Position): AsyncIterable<Segment> {
    yield* this.#walk((row) => this.#selectNext.get(shard, row?.position ?? from, to));
  }

  async *readBack(shard: ShardKey, from: Position): AsyncIterable<Segment> {
    yield* this.#walk((row) => this.#selectBack.get(shard, row?.previous ?? from));
  }

  /**
   * Deletes segments whose time is up, but only those at or before `consumed`. A clock that ran ahead for a while does not make
   * a shard forget its newest ids: time does not go on there before its records do. Returns how many.
   */
  deleteExpired(now: EpochMs, consumed: readonly Head[]): number {
    return this.#db.transaction(() => {
      let deleted = 0;
      for (const { shard, position, arrivedAt } of consumed) {
        const expiredAt = Math.min(now, arrivedAt);
        deleted += Number(this.#deleteExpired.run(shard, position, expiredAt).changes);
      }
      return deleted;
    });
  }

  /** One statement a segment: no cursor stays open while the caller works on it. */
  *#walk(after: (row: SegmentRow | undefined) => unknown): IterableIterator<Segment> {
    let row: SegmentRow | undefined;
    for (;;) {
      const before: SegmentRow | undefined = row;
      row = this.#db.run(() => after(before)) as SegmentRow | undefined;
      if (row === undefined) return;
      yield toSegment(row);
    }
  }

  #head(shard: ShardKey): Head | undefined {
    const row = this.#db.run(() => this.#selectHead.get(shard)) as unknown as HeadRow | undefined;
    return row === undefined ? undefined : toHead(row);
  }
}

function toHead(row: HeadRow): Head {
  const { plays, unqualified, duplicates, rejects } = row;
  return {
    shard: row.shard,
    position: row.position,
    counts: { plays, unqualified, duplicates, rejects },
    arrivedAt: row.arrived_at,
  };
}

const toSegment = (row: SegmentRow): Segment => ({
  head: toHead(row),
  previous: row.previous,
  writtenAt: row.written_at,
  body: row.body,
});
