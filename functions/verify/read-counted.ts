import {
  type ArchivedRecord,
  type ArchiveRange,
  type ArchiveSource,
  isBefore,
  readArchive,
} from "#src/domain/archive.ts";
import type { EpochRecord } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { entriesBefore, type Head, origin, type ShardKey } from "#src/domain/position.ts";
import { hourMs } from "#src/domain/windows.ts";
import { ArchiveBeginsLaterError, ArchiveBehindError } from "./archive-errors.ts";

/** A record, and how many of its entries an epoch and those before it have counted: at least one. */
export interface CountedRecord {
  readonly record: ArchivedRecord;
  /** Infinity for all. */
  readonly entries: number;
}

/** Reads what an epoch and those before it have counted, and makes sure that all of it is there. */
export class CountedRecords {
  readonly #source: ArchiveSource;
  readonly #heads: ReadonlyMap<ShardKey, Head>;
  readonly #firstHeads: ReadonlyMap<ShardKey, Head>;
  readonly #last = new Map<ShardKey, ArchivedRecord>();

  /** @param first epoch 1's record; undefined to let the archive begin anywhere */
  constructor(source: ArchiveSource, record: EpochRecord, first: EpochRecord | undefined) {
    this.#source = source;
    this.#heads = byShard(record.to);
    this.#firstHeads = byShard(first?.to ?? []);
  }

  /**
   * Each shard's records in order, all shards' by arrival but for what was waited for.
   *
   * @param wait asked where the archive lags: reads on after true
   * @throws ArchiveBehindError where the archive does not reach the epoch
   * @throws ArchiveBeginsLaterError where what was counted first is gone
   */
  async *read(
    { from = 0 as EpochMs, to = Number.POSITIVE_INFINITY as EpochMs }: ArchiveRange = {},
    wait: () => Promise<boolean> = () => Promise.resolve(false),
  ): AsyncIterableIterator<CountedRecord> {
    const end = this.#end();
    const range = { from, to: Math.min(to, end) as EpochMs };
    for (;;) {
      yield* this.#readOn(range);
      const missing = to < end ? undefined : this.#missing(from);
      if (missing === undefined) return;
      const last = this.#last.get(missing.shard);
      if (!(await wait())) throw new ArchiveBehindError(missing, last);
      range.from = Math.max(from, (last?.arrivedAt ?? 0) - hourMs) as EpochMs;
    }
  }

  /** The records after those that were read. */
  async *#readOn(range: ArchiveRange): AsyncIterableIterator<CountedRecord> {
    for await (const record of readArchive(this.#source, range)) {
      const { shard, sequenceNumber } = record;
      const head = this.#heads.get(shard);
      const entries = head === undefined ? 0 : entriesBefore(head.position, sequenceNumber);
      if (entries === 0) continue;
      const last = this.#last.get(shard);
      if (last === undefined) this.#checkFirst(record);
      else if (!isBefore(last.sequenceNumber, sequenceNumber)) continue;
      this.#last.set(shard, record);
      yield { record, entries };
    }
  }

  #checkFirst({ shard, sequenceNumber, arrivedAt }: ArchivedRecord): void {
    const head = this.#firstHeads.get(shard);
    if (head !== undefined && entriesBefore(head.position, sequenceNumber) === 0)
      throw new ArchiveBeginsLaterError(shard, arrivedAt);
  }

  /** The head of a shard that was not read to its end; one that ended before `from` need not be. */
  #missing(from: EpochMs): Head | undefined {
    return [...this.#heads.values()].find(({ shard, position, arrivedAt }) => {
      const last = this.#last.get(shard);
      if (last === undefined) return position !== origin && arrivedAt >= from;
      return entriesBefore(position, last.sequenceNumber) === Number.POSITIVE_INFINITY;
    });
  }

  /** The archive puts nothing that was counted into an hour after this. */
  #end(): number {
    return Math.max(0, ...[...this.#heads.values()].map(({ arrivedAt }) => arrivedAt)) + 1;
  }
}

const byShard = (heads: readonly Head[]): ReadonlyMap<ShardKey, Head> =>
  new Map(heads.map((head) => [head.shard, head]));
