import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import type { Position, ShardKey } from "#src/domain/position.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";

/**
 * The epoch that owns a position, or undefined while none does. An epoch's end never lies before that of the one before
 * it, so looking back in doubling steps and halving the last one takes about 2 log2 of its age in reads.
 */
export async function findEpoch(
  epochs: Pick<EpochLog, "latest" | "read">,
  shard: ShardKey,
  position: Position,
): Promise<EpochRecord | undefined> {
  const reaches = (record: EpochRecord | undefined): record is EpochRecord =>
    record?.to.some((head) => head.shard === shard && head.position >= position) === true;

  const latest = await epochs.latest();
  if (!reaches(latest)) return undefined;
  let first: EpochRecord = latest;
  let before = 0;
  for (let step = 1; first.epoch - step > 0; step *= 2) {
    const candidate = first.epoch - step;
    const record = await epochs.read(candidate as EpochNumber);
    if (!reaches(record)) {
      before = candidate;
      break;
    }
    first = record;
  }
  while (first.epoch - before > 1) {
    const middle = Math.floor((before + first.epoch) / 2);
    const record = await epochs.read(middle as EpochNumber);
    if (reaches(record)) first = record;
    else before = middle;
  }
  return first;
}
