import { driftOf, type Verification, type VerifiedKind } from "../domain/verification.ts";
import { formatIsoTime } from "./iso-time.ts";

/** The last verification as everybody may see it: without the differences, which name listeners. Times are ISO 8601. */
export interface VerificationView {
  readonly at: string;
  /** The committed epoch as of which it compared. */
  readonly epoch: number;
  /** Only the windows within these hours were compared; null for everything. */
  readonly from: string | null;
  readonly to: string | null;
  /** How many figures differ from the recount. */
  readonly drift: number;
  readonly kinds: readonly VerifiedKind[];
}

export function viewVerification(verification: Verification): VerificationView {
  const { at, epoch, from, to, kinds } = verification;
  return {
    at: formatIsoTime(at),
    epoch,
    from: from === undefined ? null : formatIsoTime(from),
    to: to === undefined ? null : formatIsoTime(to),
    drift: driftOf(verification),
    kinds,
  };
}
