import {
  type EpochNumber,
  type EpochRecord,
  isWrittenIn,
  requireOpen,
  type StageFigures,
} from "#src/domain/epoch.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { decodeListenersShare, type ListenersShare, shareKey } from "#src/wire/share-codec.ts";
import { openListeners, writeListeners } from "./listeners-chart.ts";

export interface ListenersDeps {
  readonly epochs: Pick<EpochLog, "read">;
  readonly publications: PublicationStore;
  readonly clock: Clock;
}

export interface ListenersInput {
  readonly epoch: EpochNumber;
}

/**
 * The last step of UserBehavior in an epoch that folds several parts of the profiles: writes the chart of listeners from what
 * each worker left. Doing it again changes nothing.
 */
export function createListenersHandler(
  deps: ListenersDeps,
): (input: ListenersInput) => Promise<StageFigures> {
  return async ({ epoch }) => {
    const startedAt = deps.clock();
    const record = requireOpen(epoch, await deps.epochs.read(epoch));
    const shares = await readShares(deps.publications, record);
    const chart = await openListeners(deps.publications);
    for (const candidate of shares.flatMap(({ candidates }) => candidates)) chart.update.offer(candidate);
    await writeListeners(deps.publications, epoch, chart);
    const slowestMs = Math.max(0, ...shares.map(({ figures }) => figures["processingMs"] ?? 0));
    return {
      processingMs: slowestMs + deps.clock() - startedAt,
      users: shares.reduce((sum, { figures }) => sum + (figures["users"] ?? 0), 0),
      workers: shares.length,
    };
  };
}

/** @throws CorruptStoreError where a worker has left nothing: the workflow runs all of them before this step */
function readShares(
  publications: PublicationStore,
  { epoch, profiles }: EpochRecord,
): Promise<readonly ListenersShare[]> {
  const workers = profiles?.folding ?? 0;
  const read = async (worker: number): Promise<ListenersShare> => {
    const key = shareKey("listeners", worker);
    const left = await publications.read(key);
    if (left === undefined || !isWrittenIn(epoch, key, left))
      throw new CorruptStoreError(`worker ${worker} of ${workers} has left no listeners in epoch ${epoch}`);
    return decodeListenersShare(key, left.body);
  };
  return Promise.all(Array.from({ length: workers }, (_, worker) => read(worker)));
}
