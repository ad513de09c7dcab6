import { type EpochNumber, isWrittenIn, type StageFigures } from "./epoch.ts";
import { CorruptStoreError } from "./errors.ts";
import type { PublicationKey } from "./publication-key.ts";

/** Where workers leave what the step after them goes on with. */
interface ShareSource {
  read(key: PublicationKey): Promise<{ readonly epoch: EpochNumber; readonly body: string } | undefined>;
}

/**
 * What an epoch's workers have left, in the order of their keys.
 *
 * @param missing what a worker has left that left nothing, for the error
 * @throws CorruptStoreError where a worker has left nothing: the workflow runs all of them before
 * @throws StaleEpochError where one belongs to a later epoch
 */
export function readShares<Share>(
  source: ShareSource,
  epoch: EpochNumber,
  keys: readonly PublicationKey[],
  decode: (key: PublicationKey, body: string) => Share,
  missing: string,
): Promise<readonly Share[]> {
  const read = async (key: PublicationKey, worker: number): Promise<Share> => {
    const left = await source.read(key);
    if (left === undefined || !isWrittenIn(epoch, key, left))
      throw new CorruptStoreError(`worker ${worker} of ${keys.length} has left ${missing} in epoch ${epoch}`);
    return decode(key, left.body);
  };
  return Promise.all(keys.map(read));
}

type WithFigures = { readonly figures: StageFigures };

/** How long the slowest worker took, ms: they run side by side. */
export const slowestMs = (shares: readonly WithFigures[]): number =>
  Math.max(0, ...shares.map(({ figures }) => figures["processingMs"] ?? 0));

/** What a figure of all workers adds up to. */
export const sumOf = (shares: readonly WithFigures[], name: string): number =>
  shares.reduce((sum, { figures }) => sum + (figures[name] ?? 0), 0);
