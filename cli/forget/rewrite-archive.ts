import { gunzipSync, gzipSync } from "node:zlib";
import { type ArchivedRecord, type ArchiveObject, type ErasedEntry, isBefore } from "#src/domain/archive.ts";
import type { UserId } from "#src/domain/play.ts";
import { hourMs } from "#src/domain/windows.ts";
import type { Archive } from "#src/ports/archive.ts";
import { isColumnar } from "#src/wire/columnar-format.ts";
import { columnarLines } from "#src/wire/columnar-row.ts";
import { isGzip } from "#src/wire/gzip.ts";
import { partitionKeyOf } from "#src/wire/partition-key.ts";
import { maxBlockBytes } from "#src/wire/play-record.ts";

/** What is to be taken out of one archived record. */
export interface Erasure {
  readonly entries: readonly ErasedEntry[];
  /** Lines of its block, from 0; a record that is no block is one line. */
  readonly lines: ReadonlySet<number>;
}

/** What is to be taken out of an archive. */
export interface Erasures {
  readonly userId: UserId;
  /** By `recordKey`. */
  readonly records: ReadonlyMap<string, Erasure>;
  /** The starts of the hours in which they arrived, epoch ms. */
  readonly hours: ReadonlySet<number>;
}

export const recordKey = ({
  shard,
  sequenceNumber,
}: Pick<ArchivedRecord, "shard" | "sequenceNumber">): string => `${shard}/${sequenceNumber}`;

/**
 * Takes entries out of an archive for good: their bytes go, and that something stood there stays. A record that a repeated
 * delivery left twice loses them in both places. Doing it again changes nothing, and where it is cut off, the archive still
 * counts as before: the newest go first, so that no duplicate loses the play that it is one of.
 *
 * @returns how many objects were rewritten
 */
export async function rewriteArchive(archive: Archive, erasures: Erasures): Promise<number> {
  let rewritten = 0;
  for (const object of (await archive.list()).toSorted(newestFirst)) {
    if (!mayHold(object, erasures.hours)) continue;
    const records: ArchivedRecord[] = [];
    let isTouched = false;
    for await (const record of archive.read(object)) {
      const erasure = erasures.records.get(recordKey(record));
      if (erasure !== undefined) isTouched = true;
      records.push(erasure === undefined ? record : withoutEntries(record, erasure, erasures.userId));
    }
    if (!isTouched) continue;
    await archive.rewrite(object, records);
    rewritten += 1;
  }
  return rewritten;
}

const newestFirst = (a: ArchiveObject, b: ArchiveObject): number =>
  b.hour - a.hour || (isBefore(a.first, b.first) ? 1 : -1);

/** An arrival may be clamped to a later one, so a record's own hour may be one before. */
const mayHold = ({ hour }: ArchiveObject, hours: ReadonlySet<number>): boolean =>
  hours.has(hour) || hours.has(hour + hourMs) || hours.has(hour - hourMs);

/**
 * Lines are emptied and not cut out: the places of the others stay. A producer may have taken the listener's id for the
 * partition key; in its place comes the bucket that ours would take.
 */
function withoutEntries(record: ArchivedRecord, { entries, lines }: Erasure, userId: UserId): ArchivedRecord {
  const known = new Set(record.erased?.map(({ entry }) => entry));
  const erased = [...(record.erased ?? []), ...entries.filter(({ entry }) => !known.has(entry))];
  const inOrder = erased.sort((a, b) => a.entry - b.entry);
  const partitionKey = record.partitionKey === userId ? partitionKeyOf(userId) : record.partitionKey;
  const block = linesOf(record.data);
  const data = block === undefined ? new Uint8Array(0) : gzipSync(withoutLines(block, lines));
  return { ...record, partitionKey, data, erased: inOrder };
}

/** The lines of a block, or those that a columnar one means; undefined for a record that is no block. */
function linesOf(data: Uint8Array): Buffer | undefined {
  const bytes = isGzip(data) ? gunzipSync(data) : data;
  if (!isColumnar(bytes)) return isGzip(data) ? Buffer.from(bytes) : undefined;
  const lines = columnarLines(bytes, maxBlockBytes);
  return lines === undefined ? undefined : Buffer.from(lines);
}

const lineFeed = 0x0a;

function withoutLines(block: Buffer, lines: ReadonlySet<number>): Buffer {
  const kept: Uint8Array[] = [];
  let start = 0;
  for (let line = 0; start < block.length; line++) {
    const found = block.indexOf(lineFeed, start);
    const end = found === -1 ? block.length : found;
    kept.push(lines.has(line) ? block.subarray(end, end + 1) : block.subarray(start, end + 1));
    start = end + 1;
  }
  return Buffer.concat(kept);
}
