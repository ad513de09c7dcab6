import { countedUpTo, type EpochRecord } from "../domain/epoch.ts";
import { noCounts } from "../domain/position.ts";
import type { Verification } from "../domain/verification.ts";
import { type VerificationView, viewVerification } from "./verification-view.ts";

/** The totals of everything that is committed, as clients see them. Times are epoch ms. */
export interface StatsView {
  /** Accepted plays that are no duplicates, unqualified ones included. */
  readonly plays: number;
  /** Those of them that are too short to be charted. */
  readonly unqualified: number;
  /** Plays marked to count once however long ago, and already counted, included. */
  readonly duplicates: number;
  readonly rejects: number;
  /** Heard to 80 % or more. */
  readonly completes: number;
  readonly skips: number;
  /** Of all counted plays, unqualified ones included. */
  readonly listened_ms: number;
  /** The last committed epoch; 0 before the first. */
  readonly epoch: number;
  /** The epoch's clock; null before the first. */
  readonly epoch_at: number | null;
  /** How the stores last compared with a recount of the archive; null where they never were. */
  readonly verification: VerificationView | null;
}

export function viewStats(
  committed: EpochRecord | undefined,
  verification: Verification | undefined,
): StatsView {
  const { plays, unqualified, duplicates, rejects } =
    committed === undefined ? noCounts : countedUpTo(committed);
  const { completes = 0, skips = 0, listenedMs = 0 } = committed?.figures?.["commit"] ?? {};
  return {
    plays,
    unqualified,
    duplicates,
    rejects,
    completes,
    skips,
    listened_ms: listenedMs,
    epoch: committed?.epoch ?? 0,
    epoch_at: committed?.now ?? null,
    verification: verification === undefined ? null : viewVerification(verification),
  };
}
