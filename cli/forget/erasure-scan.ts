import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import {
  type ArchivedRecord,
  type ArchiveSource,
  type ErasedEntry,
  readArchive,
} from "#src/domain/archive.ts";
import type { CounterKey } from "#src/domain/counter.ts";
import { hash64, hexOf } from "#src/domain/hash64.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import { entriesBefore, type Head, type Position, positionAt, type ShardKey } from "#src/domain/position.ts";
import { type RejectId, rejectIdOf } from "#src/domain/reject.ts";
import { hourMs } from "#src/domain/windows.ts";
import { type JudgedEntry, keysOf, Recount } from "#src/recount/recount.ts";
import { hourOf } from "#src/wire/archive-path.ts";
import { type Erasure, type Erasures, recordKey } from "./rewrite-archive.ts";

/** An entry as it counts once it is out of the archive: its shard still has counted it. */
function erased(judged: JudgedEntry): JudgedEntry & Pick<ErasedEntry, "was"> {
  const { was, isQualified } = judged;
  const counted = isQualified ? "play" : "unqualified";
  return { ...judged, was: was === "repeat" ? counted : was, isErased: true, play: undefined };
}

/** What stays of a play's id: who repeats it later still repeats it. */
function idOf({ play }: JudgedEntry): Pick<ErasedEntry, "id" | "isMarked"> {
  if (play === undefined) return {};
  const id = hexOf(hash64(play.id, { hi: 0, lo: 0 }));
  return { id, ...(play.isMarked && { isMarked: true }) };
}

/** How far a scan is in a shard. */
interface ShardScan {
  sequenceNumber: string;
  arrivedAt: EpochMs;
}

/**
 * Goes through an archive and counts it as if a listener had never been, and notes what of it is the listener's. It can go
 * on where it stopped, so that the long part needs no lease.
 */
export class ErasureScan {
  /** Everything but the listener's. */
  readonly recount: Recount;
  /** The listener's plays so far, duplicates included. */
  plays = 0;
  readonly #userId: UserId;
  readonly #shards = new Map<ShardKey, ShardScan>();
  /** Up to where the shards are taken in that stand. */
  readonly #stands = new Map<ShardKey, Position>();
  readonly #keys = new Set<CounterKey>();
  readonly #rejects: RejectId[] = [];
  readonly #records = new Map<string, Erasure>();
  readonly #hours = new Set<number>();

  /** @param horizonMs how far apart two arrivals of one play are at most, ms; @default 600000 */
  constructor(userId: UserId, horizonMs?: number) {
    this.#userId = userId;
    this.recount = new Recount({ ...nodeRecordCodec, ...(horizonMs === undefined ? {} : { horizonMs }) });
  }

  /** The counters that the listener's plays are in, sums of all aside. */
  get keys(): ReadonlySet<CounterKey> {
    return this.#keys;
  }

  /** The listener's records, or lines of blocks, that are no plays. */
  get rejects(): readonly RejectId[] {
    return this.#rejects;
  }

  /** What of the archive is the listener's. */
  get erasures(): Erasures {
    return { userId: this.#userId, records: this.#records, hours: this.#hours };
  }

  /**
   * Goes on up to `heads`.
   *
   * @param part `records`: only up to the first record in which a head lies, which may be cut by it: what comes after it, in
   *   whichever shard, has to be judged after it. What is left is for a last call with `all`
   * @param idle with `records`: shards whose heads stand, so that they stop nobody; where one moves on after all, `isPassed`
   * @returns the shards of which the archive does not hold all
   */
  async advance(
    archive: ArchiveSource,
    heads: readonly Head[],
    part: "records" | "all",
    idle: ReadonlySet<ShardKey> = new Set(),
  ): Promise<readonly ShardKey[]> {
    const ends = new Map(heads.map((head) => [head.shard, head.position]));
    for await (const record of readArchive(archive, { from: this.#from(heads) })) {
      const end = ends.get(record.shard);
      if (end === undefined || this.#isBehind(record)) continue;
      const entries = entriesBefore(end, record.sequenceNumber);
      const isCut = entries !== Number.POSITIVE_INFINITY;
      if (part === "records" && isCut && !idle.has(record.shard)) return [];
      if (entries === 0) continue;
      if (part === "records" && isCut) this.#stands.set(record.shard, end);
      this.#take(record, entries);
    }
    return heads.filter((head) => this.#lacks(head)).map(({ shard }) => shard);
  }

  /** Whether a head has moved that was taken for one that stands: then only a new scan can tell. */
  isPassed(heads: readonly Head[]): boolean {
    return heads.some(({ shard, position }) => (this.#stands.get(shard) ?? position) !== position);
  }

  /** The hour from which something may be new; undefined for the start, where a shard is new. */
  #from(heads: readonly Head[]): EpochMs | undefined {
    const arrivals = heads.map(({ shard }) => this.#shards.get(shard)?.arrivedAt);
    const isNew = arrivals.length === 0 || arrivals.includes(undefined);
    return isNew ? undefined : ((Math.min(...(arrivals as number[])) - hourMs) as EpochMs);
  }

  #isBehind({ shard, sequenceNumber }: ArchivedRecord): boolean {
    const known = this.#shards.get(shard);
    return known !== undefined && positionAt(sequenceNumber, 0) <= positionAt(known.sequenceNumber, 0);
  }

  /** Whether the record in which a head lies has not come. */
  #lacks({ shard, position }: Head): boolean {
    const known = this.#shards.get(shard);
    return known === undefined || entriesBefore(position, known.sequenceNumber) === Number.POSITIVE_INFINITY;
  }

  #take(raw: ArchivedRecord, entries: number): void {
    const { shard, sequenceNumber } = raw;
    const arrivedAt = Math.max(raw.arrivedAt, this.#shards.get(shard)?.arrivedAt ?? 0) as EpochMs;
    const record = { ...raw, arrivedAt };
    this.#shards.set(shard, { sequenceNumber, arrivedAt });
    const theirs: JudgedEntry[] = [];
    for (const judged of this.recount.judge(record, entries)) {
      const isTheirs = judged.userId === this.#userId;
      if (isTheirs) theirs.push(judged);
      this.recount.count(isTheirs ? erased(judged) : judged);
    }
    if (theirs.length > 0) this.#note(record, theirs);
  }

  #note(record: ArchivedRecord, theirs: readonly JudgedEntry[]): void {
    const entries: ErasedEntry[] = [];
    for (const judged of theirs) {
      const { entry, entries: places, was } = judged;
      for (const key of keysOf(judged)) this.#keys.add(key as CounterKey);
      entries.push({ entry, was: erased(judged).was, ...idOf(judged) });
      for (let piece = 1; piece < places; piece++) entries.push({ entry: entry + piece, was: "piece" });
      if (was !== "reject") this.plays += 1;
      else this.#rejects.push(rejectIdOf(record.shard, { ...record, entry }));
    }
    this.#hours.add(hourOf(record.arrivedAt));
    this.#records.set(recordKey(record), { entries, lines: new Set(theirs.map(({ line }) => line)) });
  }
}
