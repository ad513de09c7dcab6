import type { StatementSync } from "node:sqlite";
import { type EpochNumber, isWrittenIn } from "#src/domain/epoch.ts";
import type { UserId } from "#src/domain/play.ts";
import {
  addFigures,
  addProfiles,
  figuresOf,
  type ListenerFigures,
  noProfile,
  type Profile,
  type RecentPlay,
} from "#src/domain/profile.ts";
import { playsOf, profileOf } from "#src/domain/profile-plays.ts";
import type {
  ProfileAddition,
  ProfileHead,
  ProfileStore,
  ProfileWrite,
  StoredProfile,
} from "#src/ports/profile-store.ts";
import { decodeProfile, encodeProfile } from "#src/wire/profile-codec.ts";
import { decodeHead, encodeHead } from "#src/wire/profile-head-codec.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

/** How many profiles a listing reads at once. */
const pageSize = 100;

export interface ApartLimits {
  /** A profile of fewer bytes is rewritten: nothing is gained by keeping its newest plays apart. @default 2048 */
  readonly smallBytes: number;
  /** So many plays are kept apart before they are merged. @default 64 */
  readonly plays: number;
}

interface ProfileRow {
  readonly epoch: EpochNumber;
  readonly body: Uint8Array;
  /** Of the plays that are kept apart. */
  readonly head_epoch: EpochNumber | null;
  readonly head: Uint8Array | null;
}

interface ListedRow extends ProfileRow {
  readonly user_id: UserId;
}

type Figures = readonly [epoch: EpochNumber, listenedMs: number, firstHeardAt: number];

class Head implements ProfileHead {
  readonly epoch: EpochNumber;
  readonly figures: ListenerFigures;
  /** The plays that are kept apart; undefined where none are, and then `whole` is there. */
  readonly plays: readonly RecentPlay[] | undefined;
  readonly whole: Profile | undefined;
  readonly isSmall: boolean;

  constructor(
    epoch: EpochNumber,
    figures: ListenerFigures,
    rest: Partial<Pick<Head, "plays" | "whole" | "isSmall">>,
  ) {
    this.epoch = epoch;
    this.figures = figures;
    this.plays = rest.plays;
    this.whole = rest.whole;
    this.isSmall = rest.isSmall ?? false;
  }
}

/**
 * Profiles, each a row of `profiles`; the newest plays of a large one are a row of `profile_heads`, with the figures of all.
 * That row alone is read and written by most folds.
 */
export class SqliteProfileStore implements ProfileStore {
  readonly #db: SqliteDatabase;
  readonly #limits: ApartLimits;
  readonly #select: StatementSync;
  readonly #selectHead: StatementSync;
  readonly #selectMostActive: StatementSync;
  readonly #selectPage: StatementSync;
  readonly #countAll: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #updateBase: StatementSync;
  readonly #insertHead: StatementSync;
  readonly #updateHead: StatementSync;
  readonly #deleteHead: StatementSync;

  constructor(db: SqliteDatabase, limits: ApartLimits = { smallBytes: 2_048, plays: 64 }) {
    this.#db = db;
    this.#limits = limits;
    const columns = "p.epoch AS epoch, p.body AS body, h.epoch AS head_epoch, h.body AS head";
    const joined = "profiles AS p LEFT JOIN profile_heads AS h ON h.user_id = p.user_id";
    this.#select = db.prepare(`SELECT ${columns} FROM ${joined} WHERE p.user_id = ?`);
    this.#selectHead = db.prepare("SELECT epoch, body FROM profile_heads WHERE user_id = ?");
    this.#selectMostActive = db.prepare(
      `SELECT ${columns} FROM ${joined} ORDER BY coalesce(h.listened_ms, p.listened_ms) DESC,
       coalesce(h.first_heard_at, p.first_heard_at), p.user_id LIMIT ?`,
    );
    this.#selectPage = db.prepare(
      `SELECT p.user_id AS user_id, ${columns} FROM ${joined} WHERE p.user_id > ? ORDER BY p.user_id LIMIT ${pageSize}`,
    );
    this.#countAll = db.prepare("SELECT count(*) AS profiles FROM profiles");
    const isBare = "NOT EXISTS (SELECT 1 FROM profile_heads AS h WHERE h.user_id = profiles.user_id)";
    const set = "SET epoch = ?, listened_ms = ?, first_heard_at = ?, body = ? WHERE user_id = ?";
    this.#insert = db.prepare("INSERT OR IGNORE INTO profiles VALUES (?, ?, ?, ?, ?)");
    this.#update = db.prepare(`UPDATE profiles ${set} AND epoch = ? AND ${isBare}`);
    this.#updateBase = db.prepare(`UPDATE profiles ${set}`);
    this.#insertHead = db.prepare(
      `INSERT INTO profile_heads SELECT user_id, ?, ?, ?, ? FROM profiles WHERE user_id = ? AND epoch = ? AND ${isBare}`,
    );
    this.#updateHead = db.prepare(`UPDATE profile_heads ${set} AND epoch = ?`);
    this.#deleteHead = db.prepare("DELETE FROM profile_heads WHERE user_id = ? AND epoch = ?");
  }

  async read(users: readonly UserId[]): Promise<ReadonlyMap<UserId, StoredProfile>> {
    return this.#db.run(() => {
      const found = new Map<UserId, StoredProfile>();
      for (const user of users) {
        const stored = this.#stored(user);
        if (stored !== undefined) found.set(user, stored);
      }
      return found;
    });
  }

  async heads(users: readonly UserId[]): Promise<ReadonlyMap<UserId, ProfileHead>> {
    return this.#db.run(() => {
      const found = new Map<UserId, ProfileHead>();
      for (const user of users) {
        const head = this.#head(user);
        if (head !== undefined) found.set(user, head);
      }
      return found;
    });
  }

  async add(epoch: EpochNumber, additions: readonly ProfileAddition[]): Promise<readonly UserId[]> {
    return this.#db.transaction(() =>
      additions.filter((addition) => !this.#add(epoch, addition)).map(({ delta }) => delta.userId),
    );
  }

  async write(epoch: EpochNumber, writes: readonly ProfileWrite[]): Promise<readonly UserId[]> {
    return this.#db.transaction(() =>
      writes
        .filter(({ profile, epochRead }) => {
          const head = this.#selectHead.get(profile.userId) as unknown as ProfileRow | undefined;
          if (head === undefined || head.epoch !== epochRead)
            return !this.#writeWhole(epoch, profile, epochRead);
          return !this.#compact(epoch, profile, epochRead);
        })
        .map(({ profile }) => profile.userId),
    );
  }

  async forget(epoch: EpochNumber, user: UserId): Promise<void> {
    const stored = (await this.heads([user])).get(user);
    if (isWrittenIn(epoch, "a profile", stored)) return;
    await this.write(epoch, [{ profile: noProfile(user), epochRead: stored?.epoch }]);
  }

  /** One statement a page: no cursor stays open while the caller works on it. */
  async *list(): AsyncIterable<StoredProfile> {
    let after = "";
    for (;;) {
      const rows = this.#db.run(() => this.#selectPage.all(after)) as unknown as ListedRow[];
      for (const row of rows) yield toStored(row);
      if (rows.length < pageSize) return;
      after = rows.at(-1)?.user_id ?? "";
    }
  }

  /** How many listeners have a profile. */
  count(): number {
    const row = this.#db.run(() => this.#countAll.get()) as unknown as { readonly profiles: number };
    return row.profiles;
  }

  /** The `limit` listeners who listened longest, in the order of the chart of listeners (I7). */
  *mostActive(limit: number): IterableIterator<Profile> {
    const rows = this.#selectMostActive.iterate(BigInt(Math.min(limit, Number.MAX_SAFE_INTEGER)));
    for (const row of rows) yield toStored(row as unknown as ProfileRow).profile;
  }

  #stored(user: UserId): StoredProfile | undefined {
    const row = this.#select.get(user) as unknown as ProfileRow | undefined;
    return row && toStored(row);
  }

  #head(user: UserId): Head | undefined {
    const row = this.#selectHead.get(user) as unknown as Pick<ProfileRow, "epoch" | "body"> | undefined;
    const contents = row && decodeHead(row.body);
    if (row !== undefined && contents !== undefined) return new Head(row.epoch, contents.figures, contents);
    const whole = this.#select.get(user) as unknown as ProfileRow | undefined;
    if (whole === undefined) return undefined;
    const profile = decodeProfile(whole.body);
    return new Head(whole.epoch, figuresOf(profile), {
      whole: profile,
      isSmall: whole.body.length < this.#limits.smallBytes,
    });
  }

  /** Whether it was done. */
  #add(epoch: EpochNumber, { delta, head }: ProfileAddition): boolean {
    if (head === undefined) return this.#writeWhole(epoch, delta, undefined);
    if (!(head instanceof Head)) throw new TypeError("a head is of another store");
    const plays = playsOf(delta);
    const apart = plays && [...(head.plays ?? []), ...plays];
    if (apart !== undefined && apart.length <= this.#limits.plays && !head.isSmall)
      return this.#writeHead(epoch, head, addFigures(head.figures, delta), apart);
    if (head.whole !== undefined) return this.#writeWhole(epoch, addProfiles(head.whole, delta), head.epoch);
    const stored = this.#stored(delta.userId);
    if (stored === undefined || stored.epoch !== head.epoch) return false;
    return this.#compact(epoch, addProfiles(stored.profile, delta), head.epoch);
  }

  #writeHead(
    epoch: EpochNumber,
    before: Head,
    figures: ListenerFigures,
    plays: readonly RecentPlay[],
  ): boolean {
    const { userId } = figures;
    const values = [...columnsOf(epoch, figures), encodeHead({ figures, plays, layers: [] })] as const;
    const statement = before.plays === undefined ? this.#insertHead : this.#updateHead;
    return statement.run(...values, userId, before.epoch).changes > 0;
  }

  #writeWhole(epoch: EpochNumber, profile: Profile, epochRead: EpochNumber | undefined): boolean {
    const values = [...columnsOf(epoch, profile), encodeProfile(profile)] as const;
    const { changes } =
      epochRead === undefined
        ? this.#insert.run(profile.userId, ...values)
        : this.#update.run(...values, profile.userId, epochRead);
    return changes > 0;
  }

  /** Puts a whole profile in place of one whose newest plays are apart. */
  #compact(epoch: EpochNumber, profile: Profile, epochRead: EpochNumber): boolean {
    if (this.#deleteHead.run(profile.userId, epochRead).changes === 0) return false;
    this.#updateBase.run(...columnsOf(epoch, profile), encodeProfile(profile), profile.userId);
    return true;
  }
}

const columnsOf = (epoch: EpochNumber, { listenedMs, firstHeardAt }: ListenerFigures): Figures => [
  epoch,
  listenedMs,
  firstHeardAt,
];

function toStored({ epoch, body, head_epoch, head }: ProfileRow): StoredProfile {
  const profile = decodeProfile(body);
  const contents = head === null ? undefined : decodeHead(head);
  if (head_epoch === null || contents === undefined) return { epoch, profile };
  return { epoch: head_epoch, profile: addProfiles(profile, profileOf(profile.userId, contents.plays)) };
}
