import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SqliteDatabase } from "#src/adapters/sqlite/sqlite-database.ts";
import { type ProfileLimits, SqliteProfileStore } from "#src/adapters/sqlite/sqlite-profile-store.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { UserId } from "#src/domain/play.ts";
import { figuresOf, type RecentPlay } from "#src/domain/profile.ts";
import { deltaOf, playsIn, profileOf, rowsOf } from "#src/domain/profile-plays.ts";
import { encodeProfile } from "#src/wire/profile-codec.ts";
import { encodeHead } from "#src/wire/profile-head-codec.ts";
import { someRecentPlay } from "#test/support/arbitraries.ts";
import { openSqlite } from "#test/support/sqlite-stores.ts";
import { collect } from "./opened.ts";
import { profileStoreContract } from "./profile-store.contract.ts";

profileStoreContract("SqliteProfileStore", openSqlite("profiles"));

const openNarrow = (limits: ProfileLimits) => () => {
  const dir = mkdtempSync(join(tmpdir(), "earworm-profiles-"));
  const db = new SqliteDatabase(join(dir, "earworm.db"));
  const close = () => {
    db.close();
    rmSync(dir, { recursive: true });
    return Promise.resolve();
  };
  return Promise.resolve({ store: new SqliteProfileStore(db, limits), db, close });
};

profileStoreContract(
  "SqliteProfileStore with narrow limits",
  openNarrow({ smallBytes: 0, apart: 5, listed: 12 }),
);

const users = ["alice", "Bob", "\uffff", "\u{1f3b5}"] as UserId[];
const someLimits = fc.record({
  smallBytes: fc.constantFrom(0, 120, 2048),
  apart: fc.integer({ min: 0, max: 6 }),
  listed: fc.integer({ min: 0, max: 20 }),
});
/** What each fold brings, by listener. */
const someFolds = fc.array(
  fc.array(fc.array(someRecentPlay, { maxLength: 8 }), { maxLength: users.length }),
  {
    maxLength: 12,
  },
);

/** As an earlier version wrote them: profiles and plays that are kept apart as JSON. */
function writeEarlier(
  db: SqliteDatabase,
  user: UserId,
  whole: readonly RecentPlay[],
  apart: readonly RecentPlay[],
) {
  const insert = (table: string, plays: readonly RecentPlay[], body: Uint8Array) => {
    const { listenedMs, firstHeardAt } = deltaOf(user, rowsOf(plays));
    db.prepare(`INSERT INTO ${table} VALUES (?, 1, ?, ?, ?)`).run(user, listenedMs, firstHeardAt, body);
  };
  insert("profiles", whole, encodeProfile(profileOf(user, whole)));
  if (apart.length === 0) return;
  const all = [...whole, ...apart];
  insert(
    "profile_heads",
    all,
    encodeHead({ figures: figuresOf(deltaOf(user, rowsOf(all))), plays: apart, layers: [] }),
  );
}

test("whatever the limits are and whatever an earlier version left, profiles are those of all plays", async () => {
  await fc.assert(
    fc.asyncProperty(
      someLimits,
      fc.array(
        fc.tuple(
          fc.array(someRecentPlay, { minLength: 1, maxLength: 9 }),
          fc.array(someRecentPlay, { maxLength: 4 }),
        ),
        {
          maxLength: users.length,
        },
      ),
      someFolds,
      async (limits, earlier, folds) => {
        const { store, db, close } = await openNarrow(limits)();
        const played = new Map<UserId, RecentPlay[]>();
        const note = (user: UserId, plays: readonly RecentPlay[]) =>
          played.set(user, [...(played.get(user) ?? []), ...plays]);
        for (const [i, [whole, apart]] of earlier.entries()) {
          const user = users[i] ?? ("" as UserId);
          writeEarlier(db, user, whole, apart);
          note(user, [...whole, ...apart]);
        }

        for (const [fold, byUser] of folds.entries()) {
          const deltas = byUser.flatMap((plays, i) =>
            plays.length === 0 ? [] : deltaOf(users[i] ?? ("" as UserId), rowsOf(plays)),
          );
          const heads = await store.heads(deltas.map(({ userId }) => userId));
          const additions = deltas.map((delta) => ({ delta, head: heads.get(delta.userId) }));
          expect(await store.add((fold + 2) as EpochNumber, additions)).toEqual([]);
          for (const { userId, played } of deltas) note(userId, playsIn(played));
        }

        const expected = [...played].map(([user, plays]) => profileOf(user, plays));
        const stored = await store.read(users);
        const heads = await store.heads(users);
        const listed = await collect(store.list());
        expect(new Set([...stored.values()].map(({ profile }) => profile))).toEqual(new Set(expected));
        expect(new Set([...heads.values()].map(({ figures }) => figures))).toEqual(
          new Set(expected.map(figuresOf)),
        );
        expect(new Map(listed.map((one) => [one.profile.userId, one]))).toEqual(stored);
        expect(new Set([...store.mostActive(users.length)])).toEqual(new Set(expected));
        await close();
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
