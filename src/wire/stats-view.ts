import { type EpochRecord, type StageFigures, totalCounts } from "../domain/epoch.ts";

/** The totals of everything that is committed, as clients see them. Times are epoch ms. */
export interface StatsView {
  /** Accepted plays that are no duplicates, unqualified ones included. */
  readonly plays: number;
  /** Those of them that are too short to be charted. */
  readonly unqualified: number;
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
  const { plays, unqualified, duplicates, rejects } = totalCounts(committed?.to ?? []);
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
