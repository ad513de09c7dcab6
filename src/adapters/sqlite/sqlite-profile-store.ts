import type { StatementSync } from "node:sqlite";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { UserId } from "#src/domain/play.ts";
import type { Profile } from "#src/domain/profile.ts";
import type { ProfileStore, ProfileWrite, StoredProfile } from "#src/ports/profile-store.ts";
import { decodeProfile, encodeProfile } from "#src/wire/profile-codec.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

/** How many profiles a listing reads at once. */
const pageSize = 100;

interface ProfileRow {
  readonly epoch: EpochNumber;
  readonly body: Uint8Array;
}

interface ListedRow extends ProfileRow {
  readonly user_id: UserId;
}

export class SqliteProfileStore implements ProfileStore {
  readonly #db: SqliteDatabase;
  readonly #select: StatementSync;
  readonly #selectMostActive: StatementSync;
  readonly #selectPage: StatementSync;
  readonly #countAll: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#select = db.prepare("SELECT epoch, body FROM profiles WHERE user_id = ?");
    this.#selectMostActive = db.prepare(
      "SELECT epoch, body FROM profiles ORDER BY listened_ms DESC, first_heard_at, user_id LIMIT ?",
    );
    this.#selectPage = db.prepare(
      `SELECT user_id, epoch, body FROM profiles WHERE user_id > ? ORDER BY user_id LIMIT ${pageSize}`,
    );
    this.#countAll = db.prepare("SELECT count(*) AS profiles FROM profiles");
    this.#insert = db.prepare("INSERT OR IGNORE INTO profiles VALUES (?, ?, ?, ?, ?)");
    this.#update = db.prepare(
      "UPDATE profiles SET epoch = ?, listened_ms = ?, first_heard_at = ?, body = ? WHERE user_id = ? AND epoch = ?",
    );
  }

  async read(users: readonly UserId[]): Promise<ReadonlyMap<UserId, StoredProfile>> {
    return this.#db.run(() => {
      const found = new Map<UserId, StoredProfile>();
      for (const user of users) {
        const row = this.#select.get(user) as unknown as ProfileRow | undefined;
        if (row !== undefined) found.set(user, toStored(row));
      }
      return found;
    });
  }

  async write(epoch: EpochNumber, writes: readonly ProfileWrite[]): Promise<readonly UserId[]> {
    return this.#db.transaction(() =>
      writes
        .filter(({ profile, epochRead }) => {
          const { userId, listenedMs, firstHeardAt } = profile;
          const values = [epoch, listenedMs, firstHeardAt, encodeProfile(profile)] as const;
          const { changes } =
            epochRead === undefined
              ? this.#insert.run(userId, ...values)
              : this.#update.run(...values, userId, epochRead);
          return changes === 0;
        })
        .map(({ profile }) => profile.userId),
    );
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
}

const toStored = (row: ProfileRow): StoredProfile => ({ epoch: row.epoch, profile: decodeProfile(row.body) });
