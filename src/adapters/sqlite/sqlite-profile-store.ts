import type { StatementSync } from "node:sqlite";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { UserId } from "#src/domain/play.ts";
import type { ProfileStore, ProfileWrite, StoredProfile } from "#src/ports/profile-store.ts";
import { decodeProfile, encodeProfile } from "#src/wire/profile-codec.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

interface ProfileRow {
  readonly epoch: EpochNumber;
  readonly body: Uint8Array;
}

export class SqliteProfileStore implements ProfileStore {
  readonly #db: SqliteDatabase;
  readonly #select: StatementSync;
  readonly #selectAll: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#select = db.prepare("SELECT epoch, body FROM profiles WHERE user_id = ?");
    this.#selectAll = db.prepare("SELECT epoch, body FROM profiles ORDER BY user_id");
    this.#insert = db.prepare("INSERT OR IGNORE INTO profiles VALUES (?, ?, ?)");
    this.#update = db.prepare("UPDATE profiles SET epoch = ?, body = ? WHERE user_id = ? AND epoch = ?");
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
          const body = encodeProfile(profile);
          const { changes } =
            epochRead === undefined
              ? this.#insert.run(profile.userId, epoch, body)
              : this.#update.run(epoch, body, profile.userId, epochRead);
          return changes === 0;
        })
        .map(({ profile }) => profile.userId),
    );
  }

  /** Every profile, in the order of listeners by UTF-8 bytes. */
  *list(): IterableIterator<StoredProfile> {
    for (const row of this.#selectAll.iterate()) yield toStored(row as unknown as ProfileRow);
  }
}

const toStored = (row: ProfileRow): StoredProfile => ({ epoch: row.epoch, profile: decodeProfile(row.body) });
