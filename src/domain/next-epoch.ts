import { type EpochNumber, type EpochRecord, rangesOf } from "./epoch.ts";
import type { EpochMs } from "./play.ts";
import type { Head } from "./position.ts";
import { type ProfileRule, planProfiles } from "./profile-fold.ts";
import { currentWindows } from "./windows.ts";

/**
 * The record of the epoch after `previous`, or undefined where there is nothing to do: no position moved, every current
 * window is still the one that was published (windows roll over in silence), and no profiles are due.
 */
export function nextEpoch(
  previous: EpochRecord | undefined,
  to: readonly Head[],
  clock: EpochMs,
  newStoreId: string,
  rule: ProfileRule,
): EpochRecord | undefined {
  const now = Math.max(clock, previous?.now ?? 0) as EpochMs; // the clock of epochs never goes back
  const windows = currentWindows(now);
  const epoch = ((previous?.epoch ?? 0) + 1) as EpochNumber;
  const profiles = planProfiles(previous, { epoch, to, now }, clock, rule);
  const record: EpochRecord = {
    epoch,
    status: "open",
    storeId: previous?.storeId ?? newStoreId,
    from: previous?.to ?? [],
    to,
    now,
    windows,
    profiles,
  };
  const rolledOver = previous !== undefined && previous.windows.hour !== windows.hour;
  return rangesOf(record).length > 0 || rolledOver || profiles.folding > 0 ? record : undefined;
}
