import type { EpochRange } from "#src/domain/counted-range.ts";
import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";

/** What an epoch folds into profiles. */
export interface ProfileRange {
  /** All profiles hold what was counted up to this epoch; 0 for nothing. */
  readonly after: EpochNumber;
  /** The last epoch that is folded. */
  readonly upTo: EpochNumber;
  readonly segments: EpochRange;
  /** Which listeners are folded: part `part` of `parts`. */
  readonly part: number;
  readonly parts: number;
}

type Records = Pick<EpochLog, "read">;

/** How many epoch records are read at the same time. */
const recordsAtOnce = 32;

/** What a worker of an epoch folds, by its number; undefined where the epoch leaves profiles alone. */
export async function rangeOf(
  epochs: Records,
  record: EpochRecord,
  worker: number,
): Promise<ProfileRange | undefined> {
  const { epoch, profiles } = record;
  if (profiles === undefined) {
    const segments = { from: record.from, to: record.to, epochs: () => Promise.resolve([record]) };
    return { after: (epoch - 1) as EpochNumber, upTo: epoch, segments, part: 0, parts: 1 };
  }
  const { from, to, parts, done, folding } = profiles;
  if (folding === 0) return undefined;
  const segments = await segmentsBetween(epochs, from.epoch, to.epoch);
  return { after: from.epoch, upTo: to.epoch, segments, part: done + worker, parts };
}

/** The segments of the epochs after `after`, up to and including `upTo`. */
export async function segmentsBetween(
  epochs: Records,
  after: EpochNumber,
  upTo: EpochNumber,
): Promise<EpochRange> {
  const [before, last] = await Promise.all([
    after === 0 ? undefined : read(epochs, after),
    read(epochs, upTo),
  ]);
  return { from: before?.to ?? [], to: last.to, epochs: () => readAll(epochs, after, upTo) };
}

async function readAll(
  epochs: Records,
  after: EpochNumber,
  upTo: EpochNumber,
): Promise<readonly EpochRecord[]> {
  const numbers = Array.from({ length: upTo - after }, (_, i) => (after + 1 + i) as EpochNumber);
  const records: EpochRecord[] = [];
  for (let at = 0; at < numbers.length; at += recordsAtOnce) {
    const some = numbers.slice(at, at + recordsAtOnce).map((epoch) => read(epochs, epoch));
    records.push(...(await Promise.all(some)));
  }
  return records;
}

async function read(epochs: Records, epoch: EpochNumber): Promise<EpochRecord> {
  const record = await epochs.read(epoch);
  if (record === undefined) throw new CorruptStoreError(`epoch ${epoch} has no record`);
  return record;
}
