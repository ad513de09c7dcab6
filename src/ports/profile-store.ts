import type { EpochNumber } from "../domain/epoch.ts";
import type { UserId } from "../domain/play.ts";
import type { ListenerFigures, Profile } from "../domain/profile.ts";
import type { ProfileDelta } from "../domain/profile-plays.ts";

export interface StoredProfile {
  readonly profile: Profile;
  /** The last epoch that is in it. */
  readonly epoch: EpochNumber;
}

/** What is read of a profile in order to add to it: little, however much its listener has heard. */
export interface ProfileHead {
  readonly figures: ListenerFigures;
  /** The last epoch that is in the profile. */
  readonly epoch: EpochNumber;
}

export interface ProfileAddition {
  readonly delta: ProfileDelta;
  /** The profile's, as `heads` of the same store gave it; undefined where there was no profile. */
  readonly head: ProfileHead | undefined;
}

export interface ProfileWrite {
  readonly profile: Profile;
  /** The epoch the profile had when it was read; undefined where there was none. */
  readonly epochRead: EpochNumber | undefined;
}

/** Listeners' profiles. Reads are strongly consistent; a failing store throws `StoreError`. */
export interface ProfileStore {
  /** The profiles that exist, by listener. */
  read(users: readonly UserId[]): Promise<ReadonlyMap<UserId, StoredProfile>>;
  /** The heads of the profiles that exist, by listener. */
  heads(users: readonly UserId[]): Promise<ReadonlyMap<UserId, ProfileHead>>;
  /**
   * Adds to each profile, with guard `epoch`, on the condition that the stored epoch is still the head's (I5). Users in
   * `additions` are distinct.
   *
   * @returns the listeners whose condition failed; nothing was added for them
   */
  add(epoch: EpochNumber, additions: readonly ProfileAddition[]): Promise<readonly UserId[]>;
  /**
   * Writes each profile as a whole with guard `epoch` on the condition that the stored epoch is still `epochRead` (I5). Users in
   * `writes` are distinct.
   *
   * @returns the listeners whose condition failed; nothing was written for them
   */
  write(epoch: EpochNumber, writes: readonly ProfileWrite[]): Promise<readonly UserId[]>;
  /**
   * Leaves nothing of a listener but an empty profile with guard `epoch`, whether or not there was one. Doing it again finishes
   * what was cut off.
   *
   * @throws StaleEpochError where a later epoch is in the profile
   */
  forget(epoch: EpochNumber, user: UserId): Promise<void>;
  /** Every profile, in no particular order; what it costs is what `CounterStore.list` costs. */
  list(): AsyncIterable<StoredProfile>;
}
