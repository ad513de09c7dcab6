import type { EpochNumber } from "../domain/epoch.ts";
import type { UserId } from "../domain/play.ts";
import type { Profile } from "../domain/profile.ts";

export interface StoredProfile {
  readonly profile: Profile;
  /** The last epoch that is in it. */
  readonly epoch: EpochNumber;
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
  /**
   * Writes each profile with guard `epoch` on the condition that the stored epoch is still `epochRead` (I5). Users in
   * `writes` are distinct.
   *
   * @returns the listeners whose condition failed; nothing was written for them
   */
  write(epoch: EpochNumber, writes: readonly ProfileWrite[]): Promise<readonly UserId[]>;
  /** Every profile, in no particular order; what it costs is what `CounterStore.list` costs. */
  list(): AsyncIterable<StoredProfile>;
}
