import type { EpochNumber } from "#src/domain/epoch.ts";
import type { UserId } from "#src/domain/play.ts";
import { figuresOf, type Profile } from "#src/domain/profile.ts";
import type { ProfileDelta } from "#src/domain/profile-plays.ts";
import type {
  ProfileAddition,
  ProfileHead,
  ProfileStore,
  ProfileWrite,
  StoredProfile,
} from "#src/ports/profile-store.ts";

/** Forwards a sample of the listeners to a store that meters them; the others get a profile that is not kept. */
export class SampledProfileStore implements ProfileStore {
  readonly #store: ProfileStore;
  readonly #profileOf: (user: UserId) => Profile;
  /** What a fold brings, of what the epoch does. */
  foldOf: (delta: ProfileDelta) => ProfileDelta = (delta) => delta;
  sample: ReadonlySet<string> = new Set();
  /** CPU time that `foldOf` took, which no worker spends, ms. */
  preparationMs = 0;

  /** @param profileOf the profile of a listener before this epoch */
  constructor(store: ProfileStore, profileOf: (user: UserId) => Profile) {
    this.#store = store;
    this.#profileOf = profileOf;
  }

  async read(users: readonly UserId[]): Promise<ReadonlyMap<UserId, StoredProfile>> {
    const sampled = users.filter((user) => this.sample.has(user));
    const stored = new Map(await this.#store.read(sampled));
    for (const user of users) {
      if (!this.sample.has(user))
        stored.set(user, { profile: this.#profileOf(user), epoch: 0 as EpochNumber });
    }
    return stored;
  }

  async heads(users: readonly UserId[]): Promise<ReadonlyMap<UserId, ProfileHead>> {
    const heads = new Map(await this.#store.heads(users.filter((user) => this.sample.has(user))));
    for (const user of users) {
      if (!this.sample.has(user))
        heads.set(user, { figures: figuresOf(this.#profileOf(user)), epoch: 0 as EpochNumber });
    }
    return heads;
  }

  add(epoch: EpochNumber, additions: readonly ProfileAddition[]): Promise<readonly UserId[]> {
    const before = process.cpuUsage();
    const sampled = additions
      .filter(({ delta }) => this.sample.has(delta.userId))
      .map(({ delta, head }) => ({ delta: this.foldOf(delta), head }));
    const { user, system } = process.cpuUsage(before);
    this.preparationMs += (user + system) / 1000;
    return this.#store.add(epoch, sampled);
  }

  forget(epoch: EpochNumber, user: UserId): Promise<void> {
    return this.#store.forget(epoch, user);
  }

  write(epoch: EpochNumber, writes: readonly ProfileWrite[]): Promise<readonly UserId[]> {
    const sampled = writes.filter(({ profile }) => this.sample.has(profile.userId));
    return this.#store.write(epoch, sampled);
  }

  list(): AsyncIterable<StoredProfile> {
    return this.#store.list();
  }
}
