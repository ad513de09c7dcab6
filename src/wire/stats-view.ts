import { countedUpTo, type EpochRecord, type StageFigures } from "../domain/epoch.ts";
import { noCounts } from "../domain/position.ts";

/** The totals of everything that is committed, as clients see them. Times are epoch ms. */
export interface StatsView {
  /** Accepted plays that are no duplicates, unqualified ones included. */
  readonly plays: number;
  /** Those of them that are too short to be charted. */
  readonly unqualified: number;
  /** Plays marked to count once however long ago, and already counted, included. */
  readonly duplicates: number;
  readonly rejects: number;
  /** The last committed epoch; 0 before the first. */
  readonly epoch: number;
  /** The epoch's clock; null before the first. */
  readonly epoch_at: number | null;
  /** What each stage of that epoch says about its run. */
  readonly figures: Readonly<Record<string, StageFigures>>;
}

export function viewStats(committed: EpochRecord | undefined): StatsView {
  const { plays, unqualified, duplicates, rejects } =
    committed === undefined ? noCounts : countedUpTo(committed);
  return {
    plays,
    unqualified,
    duplicates,
    rejects,
    epoch: committed?.epoch ?? 0,
    epoch_at: committed?.now ?? null,
    figures: committed?.figures ?? {},
  };
}
