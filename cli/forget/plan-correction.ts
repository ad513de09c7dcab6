import type { Correction } from "#src/domain/correction.ts";
import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import { carryProfiles } from "#src/domain/profile-fold.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import {
  correctionKey,
  encodeCorrection,
  listenerOfCorrection,
  noCorrection,
} from "#src/wire/correction-codec.ts";

interface CorrectionStores {
  readonly epochs: EpochLog;
  readonly publications: PublicationStore;
}

/** What stands in the place of a correction. */
export interface Unfinished {
  /** Grows with every correction that is written down, and with every one that is cleared. */
  readonly version: EpochNumber | undefined;
  /** Whose erasure was begun and is not through; undefined where none is. */
  readonly userId: UserId | undefined;
}

export async function readUnfinished(publications: Pick<PublicationStore, "read">): Promise<Unfinished> {
  const stored = await publications.read(correctionKey);
  return { version: stored?.epoch, userId: stored && listenerOfCorrection(stored.body) };
}

/**
 * The version of an epoch's correction: there is one for each epoch, so that nobody replaces the one that an epoch names. The
 * version after it is what stands there once that is cleared.
 */
const versionOf = (epoch: EpochNumber): EpochNumber => (2 * epoch) as EpochNumber;
const clearedVersionOf = (epoch: EpochNumber): EpochNumber => (2 * epoch + 1) as EpochNumber;

/**
 * Writes a correction down, and then the epoch that applies it: the next one after `base`, which owns no plays and has the
 * heads of `base` as its cut-off (I6). From then on the workflow's next run applies it, whatever becomes of the caller.
 *
 * @param base the latest epoch, committed; the correction's totals are as of its heads
 * @param now the clock; epochs never go back before that of `base`
 * @returns the epoch; undefined where another epoch, or another correction, came first: look again, nothing was done
 */
export async function planCorrection(
  { epochs, publications }: CorrectionStores,
  base: EpochRecord,
  correction: Correction,
  now: EpochMs,
): Promise<EpochNumber | undefined> {
  const epoch = (base.epoch + 1) as EpochNumber;
  const version = versionOf(epoch);
  if (!(await writeDown(publications, version, correction))) return undefined;
  const record: EpochRecord = {
    epoch,
    status: "open",
    storeId: base.storeId,
    from: base.to,
    to: base.to,
    now: Math.max(now, base.now) as EpochMs,
    windows: base.windows,
    profiles: carryProfiles(base),
    correction: version,
  };
  return (await epochs.create(record)) === "created" ? record.epoch : undefined;
}

/** Whether this listener's correction is the one of this version, whichever run wrote it: of one base all are the same. */
async function writeDown(
  publications: PublicationStore,
  version: EpochNumber,
  correction: Correction,
): Promise<boolean> {
  const isWritten = await replaceCorrection(publications, version, encodeCorrection(correction));
  if (isWritten) return true;
  const stored = await readUnfinished(publications);
  return stored.version === version && stored.userId === correction.userId;
}

/** Removes what an epoch's correction says of its listener, once everything is through; a later one stays. */
export async function clearCorrection(
  { publications }: Pick<CorrectionStores, "publications">,
  epoch: EpochNumber,
): Promise<void> {
  await replaceCorrection(publications, clearedVersionOf(epoch), noCorrection);
}

/** Whether it was written: versions only grow. */
async function replaceCorrection(
  publications: PublicationStore,
  version: EpochNumber,
  body: string,
): Promise<boolean> {
  try {
    return (await publications.write(correctionKey, { epoch: version, body })) === "written";
  } catch (error) {
    if (error instanceof StaleEpochError) return false;
    throw error;
  }
}
