import { type EpochNumber, requireOpen, type StageFigures } from "#src/domain/epoch.ts";
import { readShares, slowestMs, sumOf } from "#src/domain/left-shares.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { decodeListenersShare, shareKeys } from "#src/wire/share-codec.ts";
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
    const keys = shareKeys("listeners", record.profiles?.folding ?? 0);
    const shares = await readShares(deps.publications, epoch, keys, decodeListenersShare, "no listeners");
    const chart = await openListeners(deps.publications);
    for (const candidate of shares.flatMap(({ candidates }) => candidates)) chart.update.offer(candidate);
    await writeListeners(deps.publications, epoch, chart);
    return {
      processingMs: slowestMs(shares) + deps.clock() - startedAt,
      users: sumOf(shares, "users"),
      workers: shares.length,
    };
  };
}
