import {
  type EpochNumber,
  type EpochRecord,
  type ProfileCursor,
  type ProfileFold,
  totalCounts,
} from "./epoch.ts";
import { hash64 } from "./hash64.ts";
import type { EpochMs, UserId } from "./play.ts";

/** When profiles are folded. */
export interface ProfileRule {
  /** The least time between two folds, unless too many plays wait; 0 for every epoch, ms. */
  readonly profileTickMs: number;
  /** How many plays one worker may fold: more are folded in parts. */
  readonly maxProfilePlays: number;
  /** How many parts one epoch may fold side by side. */
  readonly maxWorkers: number;
  /** Whether they are wanted now, whenever the last fold was. @default never */
  readonly areProfilesWanted?: () => boolean;
}

/**
 * With this many parts a fold begins before its tick: each part reads all of the fold's segments, and the plays of as many
 * full epochs wait by the time it ends.
 */
export const mostParts = 64;

const nothingFolded: ProfileCursor = { epoch: 0 as EpochNumber, now: 0 as EpochMs, plays: 0 };

/** How far profiles are once an epoch is committed. */
export function profilesAfter(record: EpochRecord): ProfileFold {
  const { profiles } = record;
  if (profiles === undefined) return atRest(cursorOf(record));
  const { to, parts, done, folding } = profiles;
  if (folding === 0) return profiles;
  return done + folding === parts ? atRest(to) : { ...profiles, done: done + folding, folding: 0 };
}

/** Whether plays of committed epochs are not in every profile yet. */
export function areProfilesBehind(committed: EpochRecord): boolean {
  const { from, parts } = profilesAfter(committed);
  return parts > 0 || from.plays < totalCounts(committed.to).plays;
}

/** What an epoch does about profiles. @param clock behind the epoch's own where it went back */
export function planProfiles(
  previous: EpochRecord | undefined,
  epoch: Pick<EpochRecord, "epoch" | "to" | "now">,
  clock: EpochMs,
  { profileTickMs, maxProfilePlays, maxWorkers, areProfilesWanted }: ProfileRule,
): ProfileFold {
  const before = previous === undefined ? atRest(nothingFolded) : profilesAfter(previous);
  if (before.parts > 0) return { ...before, folding: Math.min(maxWorkers, before.parts - before.done) };
  const { from } = before;
  const to = cursorOf(epoch);
  const waiting = to.plays - from.plays;
  // Nothing to fold, so that profiles are as good as folded: rejects must not keep their segments waiting.
  if (waiting === 0) return atRest(to);
  const parts = Math.ceil(waiting / maxProfilePlays);
  const isTickOver = clock - from.now >= profileTickMs || clock < from.now; // nobody waits for a clock that went back
  const isDue = isTickOver || parts >= mostParts || (areProfilesWanted?.() ?? false);
  return isDue ? { from, to, parts, done: 0, folding: Math.min(maxWorkers, parts) } : before;
}

/** What an epoch that owns no plays and folds nothing says: how far profiles are stays as it is. */
export const carryProfiles = (base: EpochRecord): ProfileFold => profilesAfter(base);

/** The part of a fold to which a listener belongs. */
export const partOf = (userId: UserId, parts: number): number =>
  parts === 1 ? 0 : hash64(userId, hash).hi % parts;

const hash = { hi: 0, lo: 0 };

const cursorOf = ({ epoch, to, now }: Pick<EpochRecord, "epoch" | "to" | "now">): ProfileCursor => ({
  epoch,
  now,
  plays: totalCounts(to).plays,
});

const atRest = (at: ProfileCursor): ProfileFold => ({
  from: at,
  to: at,
  parts: 0,
  done: 0,
  folding: 0,
});
