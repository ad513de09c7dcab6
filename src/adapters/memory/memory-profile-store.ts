import type { EpochNumber } from "#src/domain/epoch.ts";
import type { UserId } from "#src/domain/play.ts";
import type { Profile } from "#src/domain/profile.ts";
import type { ProfileStore, ProfileWrite, StoredProfile } from "#src/ports/profile-store.ts";

/** Profiles in memory. */
export class MemoryProfileStore implements ProfileStore {
  readonly #profiles = new Map<UserId, StoredProfile>();

  read(users: readonly UserId[]): Promise<ReadonlyMap<UserId, StoredProfile>> {
    const found = new Map<UserId, StoredProfile>();
    for (const user of users) {
      const stored = this.#profiles.get(user);
      if (stored !== undefined) found.set(user, stored);
    }
    return Promise.resolve(found);
  }

  write(epoch: EpochNumber, writes: readonly ProfileWrite[]): Promise<readonly UserId[]> {
    const refused: UserId[] = [];
    for (const { profile, epochRead } of writes) {
      if (this.#profiles.get(profile.userId)?.epoch === epochRead) {
        this.#profiles.set(profile.userId, { profile: copy(profile), epoch });
      } else {
        refused.push(profile.userId);
      }
    }
    return Promise.resolve(refused);
  }

  async *list(): AsyncIterable<StoredProfile> {
    yield* this.#profiles.values();
  }
}

/** A caller may go on filling the collections that it handed over. */
function copy(profile: Profile): Profile {
  return {
    ...profile,
    artists: new Map(profile.artists),
    heard: new Set(profile.heard),
    recent: [...profile.recent],
  };
}
