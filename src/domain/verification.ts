import type { EpochNumber } from "./epoch.ts";
import type { EpochMs } from "./play.ts";

/** How one kind of figures compared. */
export interface VerifiedKind {
  /** `counts`, `songs`, `artists`, `dimensions`, `listeners`, `charts` or `beyond-horizon`. */
  readonly kind: string;
  readonly compared: number;
  /** How many of them differ. */
  readonly drift: number;
}

/** How the stores compared with an independent recount of the archive, as of one committed epoch. */
export interface Verification {
  /** When it ended. */
  readonly at: EpochMs;
  readonly epoch: EpochNumber;
  /** Only windows within these hours were compared; undefined for everything. */
  readonly from: EpochMs | undefined;
  readonly to: EpochMs | undefined;
  readonly kinds: readonly VerifiedKind[];
  /** The first 20, such as `SONG#x plays: expected 4, stored 5`. */
  readonly differences: readonly string[];
  readonly processingMs: number;
}

/** How many figures differ, of all kinds. */
export const driftOf = ({ kinds }: Pick<Verification, "kinds">): number =>
  kinds.reduce((sum, { drift }) => sum + drift, 0);
