import type { Correction } from "#src/domain/correction.ts";
import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { correctionKey, encodeCorrection, noCorrection } from "#src/wire/correction-codec.ts";

interface CorrectionStores {
  readonly epochs: EpochLog;
  readonly publications: PublicationStore;
}

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
  const stored = await publications.read(correctionKey);
  const version = (Math.max(base.epoch, stored?.epoch ?? 0) + 1) as EpochNumber;
  const body = encodeCorrection(correction);
  if ((await publications.write(correctionKey, { epoch: version, body })) === "already") return undefined;
  const record: EpochRecord = {
    epoch: (base.epoch + 1) as EpochNumber,
    status: "open",
    storeId: base.storeId,
    from: base.to,
    to: base.to,
    now: Math.max(now, base.now) as EpochMs,
    windows: base.windows,
    correction: version,
  };
  return (await epochs.create(record)) === "created" ? record.epoch : undefined;
}

/** Removes what a correction says of its listener, once its epoch is committed. */
export async function clearCorrection({
  publications,
}: Pick<CorrectionStores, "publications">): Promise<void> {
  const stored = await publications.read(correctionKey);
  if (stored === undefined || stored.body === noCorrection) return;
  const epoch = (stored.epoch + 1) as EpochNumber;
  await publications.write(correctionKey, { epoch, body: noCorrection });
}
