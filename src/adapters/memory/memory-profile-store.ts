import { type EpochNumber, isWrittenIn } from "#src/domain/epoch.ts";
import type { UserId } from "#src/domain/play.ts";
import { addProfiles, figuresOf, noProfile, type Profile } from "#src/domain/profile.ts";
import { playsIn, profileOf } from "#src/domain/profile-plays.ts";
import type {
  ProfileAddition,
  ProfileHead,
  ProfileStore,
  ProfileWrite,
  StoredProfile,
} from "#src/ports/profile-store.ts";

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

  async heads(users: readonly UserId[]): Promise<ReadonlyMap<UserId, ProfileHead>> {
    const found = await this.read(users);
    return new Map(
      [...found].map(([user, { profile, epoch }]) => [user, { figures: figuresOf(profile), epoch }]),
    );
  }

  add(epoch: EpochNumber, additions: readonly ProfileAddition[]): Promise<readonly UserId[]> {
    const writes = additions.map(({ delta, head }): ProfileWrite => {
      const before = this.#profiles.get(delta.userId)?.profile ?? noProfile(delta.userId);
      const added = profileOf(delta.userId, playsIn(delta.played));
      return { profile: addProfiles(before, added), epochRead: head?.epoch };
    });
    return this.write(epoch, writes);
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

  async forget(epoch: EpochNumber, user: UserId): Promise<void> {
    if (!isWrittenIn(epoch, "a profile", this.#profiles.get(user)))
      this.#profiles.set(user, { profile: noProfile(user), epoch });
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
