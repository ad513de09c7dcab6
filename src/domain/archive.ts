import type { EpochMs } from "./play.ts";
import type { ShardKey } from "./position.ts";
import { readAhead } from "./read-ahead.ts";

/** An entry of a record that was taken out again, and what it had been; its place still counts. */
export interface ErasedEntry {
  /** Its place among the record's entries, from 0 (src/wire/play-record.ts). */
  readonly entry: number;
  /** `piece`: a further piece of the reject before it. */
  readonly was: "play" | "unqualified" | "duplicate" | "reject" | "piece";
  /** The 64-bit hash of a play's event id, 16 hex digits: a play of that id still is a duplicate of it. */
  readonly id?: string;
  /** Whether the play claimed its id (I3). */
  readonly isMarked?: true;
}

/** A record of the stream as the archive keeps it, accepted or not. */
export interface ArchivedRecord {
  readonly shard: ShardKey;
  readonly sequenceNumber: string;
  /** When the stream took it, epoch ms. */
  readonly arrivedAt: EpochMs;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** By place; `data` no longer holds them. */
  readonly erased?: readonly ErasedEntry[];
}

/** Records of one shard and one hour of arrival that lie one after the other. */
export interface ArchiveObject {
  readonly shard: ShardKey;
  /** The hour's start, epoch ms. */
  readonly hour: EpochMs;
  /** The sequence number of its first record. */
  readonly first: string;
  /** The archive's own name of it, a path. */
  readonly path: string;
}

/** Hours of arrival; the whole archive where both are missing. */
export interface ArchiveRange {
  /** Epoch ms; the hour in which it lies is included. */
  readonly from?: EpochMs | undefined;
  /** Epoch ms, exclusive. */
  readonly to?: EpochMs | undefined;
}

/** Where archived records are read from. */
export interface ArchiveSource {
  /** In no particular order. */
  list(range?: ArchiveRange): Promise<readonly ArchiveObject[]>;
  /** The records of an object in the order of their sequence numbers; a repeated delivery may have repeated some. */
  read(object: ArchiveObject): AsyncIterable<ArchivedRecord>;
}

/**
 * The records of an archive: each once, each shard's in order, all shards' by arrival and then by shard. `arrivedAt` is what
 * the consumer goes by: within a shard it never steps back (I2).
 */
export async function* readArchive(
  source: ArchiveSource,
  range: ArchiveRange = {},
): AsyncIterableIterator<ArchivedRecord> {
  const shards = new Map<ShardKey, ArchiveObject[]>();
  for (const object of await source.list(range)) {
    const objects = shards.get(object.shard);
    if (objects === undefined) shards.set(object.shard, [object]);
    else objects.push(object);
  }
  const streams = [...shards].map(([, objects]) => readShard(source, objects)[Symbol.asyncIterator]());
  const heads: (ArchivedRecord | undefined)[] = [];
  for (const stream of streams) heads.push(await nextOf(stream));
  for (;;) {
    const at = firstOf(heads);
    const record = heads[at];
    const stream = streams[at];
    if (record === undefined || stream === undefined) return;
    yield record;
    heads[at] = await nextOf(stream);
  }
}

/** So many objects of a shard are asked for beforehand: a day of a quiet shard is 1,440 of them, each a request. */
const objectsAhead = 16;

/** Objects may overlap where a batch came again, cut elsewhere. */
async function* readShard(
  source: ArchiveSource,
  objects: readonly ArchiveObject[],
): AsyncIterableIterator<ArchivedRecord> {
  let last = "";
  let arrivedAt = 0 as EpochMs;
  const inOrder = objects.toSorted((a, b) => (isBefore(a.first, b.first) ? -1 : 1));
  for await (const record of readAhead(reads(source, inOrder), objectsAhead)) {
    if (!isBefore(last, record.sequenceNumber)) continue;
    last = record.sequenceNumber;
    arrivedAt = Math.max(arrivedAt, record.arrivedAt) as EpochMs;
    yield { ...record, arrivedAt };
  }
}

function* reads(source: ArchiveSource, objects: readonly ArchiveObject[]) {
  for (const object of objects) yield source.read(object);
}

/** Sequence numbers have up to 56 digits: a longer one is larger. */
export const isBefore = (a: string, b: string): boolean =>
  a.length === b.length ? a < b : a.length < b.length;

async function nextOf(stream: AsyncIterator<ArchivedRecord>): Promise<ArchivedRecord | undefined> {
  const { done, value } = await stream.next();
  return done === true ? undefined : value;
}

/** The place of the record that comes first; -1 where there is none. */
function firstOf(records: readonly (ArchivedRecord | undefined)[]): number {
  let first = -1;
  for (const [at, record] of records.entries()) {
    const best = records[first];
    if (record === undefined) continue;
    if (best !== undefined && compareArrivals(best, record) <= 0) continue;
    first = at;
  }
  return first;
}

const compareArrivals = (a: ArchivedRecord, b: ArchivedRecord): number =>
  a.arrivedAt - b.arrivedAt || (a.shard < b.shard ? -1 : 1);
