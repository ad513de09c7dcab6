import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { ArtistName, EpochMs, TrackId, UserId } from "#src/domain/play.ts";
import { addProfiles, figuresOf, noProfile, type Profile } from "#src/domain/profile.ts";
import { deltaOf, type ProfileDelta, playsIn, profileOf, rowsOf } from "#src/domain/profile-plays.ts";
import type { ProfileStore } from "#src/ports/profile-store.ts";
import { collect, noise, type Open, opened } from "./opened.ts";

const alice = "alice" as UserId;
const bob = "bob" as UserId;
const epochOf = (n: number): EpochNumber => n as EpochNumber;

/** A listener's profile with a little of everything. */
export function aProfile(wish: Partial<Profile> = {}): Profile {
  return {
    userId: alice,
    plays: 3,
    unqualified: 1,
    listenedMs: 540_000,
    completes: 2,
    skips: 1,
    firstHeardAt: 1_100_000_000_000 as EpochMs,
    artists: new Map([
      ["Artist" as ArtistName, { plays: 2, firstHeardAt: 1_100_000_000_000 as EpochMs }],
      ["日本 🎵" as ArtistName, { plays: 1, firstHeardAt: 1_200_000_000_000 as EpochMs }],
    ]),
    heard: new Set(["t1", "t2", "t3"] as TrackId[]),
    ...{ artistsEnd: undefined, heardEnd: undefined },
    recent: [
      {
        trackId: "t3" as TrackId,
        artist: "日本 🎵" as ArtistName,
        title: "",
        startedAt: 1_200_000_000_000 as EpochMs,
        listenedMs: 180_000,
        flags: 3,
      },
    ],
    ...wish,
  };
}

/** A profile of more than a megabyte, in ids that do not compress below 400 KB. */
export function aBigProfile(wish: Partial<Profile> = {}, tracks = 30_000): Profile {
  const bytes = noise(tracks * 27, tracks);
  const heard = Array.from(
    { length: tracks },
    (_, n) => Buffer.from(bytes.subarray(n * 27, n * 27 + 27)).toString("base64url") as TrackId,
  );
  return aProfile({ heard: new Set(heard), plays: tracks, ...wish });
}

/** What every ProfileStore does. */
export function profileStoreContract(name: string, open: Open<ProfileStore>): void {
  describe(`${name} as a ProfileStore`, () => {
    test("a listener whom nobody wrote is not in what is read", async () => {
      const store = await opened(open);

      const none = await store.read([]);
      const unknown = await store.read([alice, bob]);

      expect([none.size, unknown.size]).toEqual([0, 0]);
    });

    test("a first profile comes back with its epoch", async () => {
      const store = await opened(open);

      const refused = await store.write(epochOf(7), [{ profile: aProfile(), epochRead: undefined }]);

      expect(refused).toEqual([]);
      expect(await store.read([alice, bob])).toEqual(new Map([[alice, { profile: aProfile(), epoch: 7 }]]));
    });

    test("an empty profile comes back empty", async () => {
      const store = await opened(open);
      const empty = aProfile({ artists: new Map(), heard: new Set(), recent: [], plays: 0, listenedMs: 0 });

      await store.write(epochOf(1), [{ profile: empty, epochRead: undefined }]);

      expect((await store.read([alice])).get(alice)?.profile).toEqual(empty);
    });

    test("a profile that is still at the epoch read is replaced", async () => {
      const store = await opened(open);
      await store.write(epochOf(1), [{ profile: aProfile(), epochRead: undefined }]);
      const next = aProfile({ plays: 4, heard: new Set(["t9" as TrackId]) });

      const refused = await store.write(epochOf(2), [{ profile: next, epochRead: epochOf(1) }]);

      expect(refused).toEqual([]);
      expect((await store.read([alice])).get(alice)).toEqual({ profile: next, epoch: 2 });
    });

    test.each([
      ["another epoch was read", 2, 5],
      ["the profile is of a later epoch", 2, 1],
      ["none was read though there is one", 3, undefined],
      ["the same epoch wrote it before", 3, 2],
    ])("a write is refused where %s", async (_, epoch, epochRead) => {
      const store = await opened(open);
      const stored = aProfile({ plays: 100 });
      await store.write(epochOf(3), [{ profile: stored, epochRead: undefined }]);

      const refused = await store.write(epochOf(epoch), [
        { profile: aProfile(), epochRead: epochRead === undefined ? undefined : epochOf(epochRead) },
      ]);

      expect(refused).toEqual([alice]);
      expect((await store.read([alice])).get(alice)).toEqual({ profile: stored, epoch: 3 });
    });

    test("a write that read a profile is refused where there is none", async () => {
      const store = await opened(open);

      const refused = await store.write(epochOf(2), [{ profile: aProfile(), epochRead: epochOf(1) }]);

      expect(refused).toEqual([alice]);
      expect(await store.read([alice])).toEqual(new Map());
    });

    test("refusals name their listeners and the others are written", async () => {
      const store = await opened(open);
      const users = Array.from({ length: 120 }, (_, n) => `user-${n}` as UserId);
      const taken = users.filter((_, index) => index % 7 === 0);
      await store.write(
        epochOf(1),
        taken.map((userId) => ({ profile: aProfile({ userId, plays: 77 }), epochRead: undefined })),
      );

      const refused = await store.write(
        epochOf(2),
        users.map((userId) => ({ profile: aProfile({ userId }), epochRead: undefined })),
      );

      const stored = await store.read(users);
      expect([...refused].sort()).toEqual([...taken].sort());
      expect(stored.size).toBe(120);
      for (const user of users) {
        const isTaken = taken.includes(user);
        expect(stored.get(user)?.profile.plays).toBe(isTaken ? 77 : 3);
        expect(stored.get(user)?.epoch).toBe(isTaken ? 1 : 2);
      }
    });

    test("of runs that race with the same epoch read exactly one writes", async () => {
      const store = await opened(open);
      await store.write(epochOf(1), [{ profile: aProfile(), epochRead: undefined }]);
      const runs = [10, 20, 30, 40].map((plays) => aProfile({ plays }));

      const refusals = await Promise.all(
        runs.map((profile) => store.write(epochOf(2), [{ profile, epochRead: epochOf(1) }])),
      );

      const winner = runs[refusals.findIndex((refused) => refused.length === 0)];
      expect(refusals.filter((refused) => refused.length === 0)).toHaveLength(1);
      expect((await store.read([alice])).get(alice)).toEqual({ profile: winner, epoch: 2 });
    });

    test("a profile that is changed afterwards does not change what was stored", async () => {
      const store = await opened(open);
      const heard = new Set(["t1"] as TrackId[]);
      await store.write(epochOf(1), [{ profile: aProfile({ heard }), epochRead: undefined }]);

      heard.add("t2" as TrackId);

      expect((await store.read([alice])).get(alice)?.profile.heard).toEqual(new Set(["t1"]));
    });

    test("listeners with any name stay apart", async () => {
      const store = await opened(open);
      const users = ["a", "A", "a#PROFILE", "a#", "é", "e\u0301", "🎵".repeat(64), "'; --", "__proto__"].map(
        (user) => user as UserId,
      );
      const writes = users.map((userId, plays) => ({
        profile: aProfile({ userId, plays }),
        epochRead: undefined,
      }));

      await store.write(epochOf(1), writes);
      const stored = await store.read(users);

      expect([...stored.keys()].sort()).toEqual([...users].sort());
      for (const { profile } of writes) expect(stored.get(profile.userId)?.profile).toEqual(profile);
    });

    test("all profiles are listed once, as they are read", async () => {
      const store = await opened(open);
      expect(await collect(store.list())).toEqual([]);
      const users = Array.from({ length: 230 }, (_, n) => `${n % 2 === 0 ? "user" : "🎵"}-${n}` as UserId);
      await store.write(
        epochOf(3),
        users.map((userId, plays) => ({ profile: aProfile({ userId, plays }), epochRead: undefined })),
      );
      await store.write(epochOf(4), [
        { profile: aBigProfile({}), epochRead: undefined },
        { profile: aProfile({ userId: "user-0" as UserId, plays: 9 }), epochRead: epochOf(3) },
      ]);

      const listed = await collect(store.list());

      const stored = await store.read([...users, alice]);
      expect(listed).toHaveLength(231);
      expect(new Map(listed.map((one) => [one.profile.userId, one]))).toEqual(stored);
    }, 30_000);

    test("a profile beyond 400 KB comes back whole, grows, and shrinks again", async () => {
      const store = await opened(open);
      const sizes = [30_000, 45_000, 14_000, 3];
      let epochRead: EpochNumber | undefined;

      for (const [index, tracks] of sizes.entries()) {
        const profile = aBigProfile({}, tracks);
        const epoch = epochOf(index + 1);

        const refused = await store.write(epoch, [{ profile, epochRead }]);
        const stored = (await store.read([alice])).get(alice);

        expect(refused).toEqual([]);
        expect(stored?.epoch).toBe(epoch);
        expect(isDeepStrictEqual(stored?.profile, profile)).toBe(true);
        epochRead = epoch;
      }
    }, 30_000);

    describe("plays that are added", () => {
      /** So many plays of a listener, all different; more than 50 are not all named. */
      const someDelta = (seed: number, plays: number, userId = alice): ProfileDelta => {
        const bytes = noise(plays * 3, seed + 1);
        const all = Array.from({ length: plays }, (_, i) => ({
          trackId: `t${bytes[i * 3]}` as TrackId,
          artist: `artist ${(bytes[i * 3 + 1] ?? 0) % 9}` as ArtistName,
          title: `title ${bytes[i * 3]}`,
          startedAt: (1_700_000_000_000 + seed * 1_000_000 - i * 7_000) as EpochMs,
          listenedMs: 1_000 * (bytes[i * 3 + 2] ?? 0),
          flags: (bytes[i * 3 + 2] ?? 0) % 8,
        }));
        return deltaOf(userId, rowsOf(all));
      };

      const plus = (before: Profile, { userId, played }: ProfileDelta): Profile =>
        addProfiles(before, profileOf(userId, playsIn(played)));

      async function add(
        store: ProfileStore,
        epoch: number,
        delta: ProfileDelta,
      ): Promise<readonly UserId[]> {
        const head = (await store.heads([delta.userId])).get(delta.userId);
        return await store.add(epochOf(epoch), [{ delta, head }]);
      }

      test("are in the profile, its head and the list, however many there were before", async () => {
        const store = await opened(open);
        let expected: Profile = noProfile(alice);
        const sizes = [3, 1, 60, ...Array.from({ length: 40 }, (_, i) => 1 + ((i * 7) % 9)), 200, 2, 2];
        await add(store, 1, someDelta(900, 4, bob));

        for (const [i, plays] of sizes.entries()) {
          const epoch = 2 + i;
          const delta = someDelta(i, plays);
          expected = plus(expected, delta);

          expect(await add(store, epoch, delta)).toEqual([]);

          const stored = (await store.read([alice])).get(alice);
          expect(stored?.epoch).toBe(epoch);
          expect(isDeepStrictEqual(stored?.profile, expected)).toBe(true);
          const head = (await store.heads([alice, bob])).get(alice);
          expect({ ...head?.figures, epoch: head?.epoch }).toEqual({ ...figuresOf(expected), epoch });
        }
        const listed = await collect(store.list());
        expect(new Map(listed.map((one) => [one.profile.userId, one]))).toEqual(
          await store.read([alice, bob]),
        );
        expect(listed).toHaveLength(2);
      }, 30_000);

      test("are refused where the head is not the profile's any more, or none was seen", async () => {
        const store = await opened(open);
        await add(store, 1, someDelta(1, 5));
        const head = (await store.heads([alice])).get(alice);
        await store.add(epochOf(2), [{ delta: someDelta(2, 5), head }]);
        const before = await store.read([alice]);

        const late = await store.add(epochOf(2), [{ delta: someDelta(3, 5), head }]);
        const blind = await store.add(epochOf(3), [{ delta: someDelta(3, 70), head: undefined }]);
        const large = await store.add(epochOf(3), [{ delta: someDelta(3, 70), head }]);

        expect([late, blind, large]).toEqual([[alice], [alice], [alice]]);
        expect(await store.read([alice])).toEqual(before);
      });

      test("of runs that race exactly one adds", async () => {
        const store = await opened(open);
        await add(store, 1, someDelta(1, 30));
        const head = (await store.heads([alice])).get(alice);
        const delta = someDelta(2, 30);

        const refusals = await Promise.all([1, 2, 3].map(() => store.add(epochOf(2), [{ delta, head }])));

        expect(refusals.filter((refused) => refused.length === 0)).toHaveLength(1);
        const expected = plus(plus(noProfile(alice), someDelta(1, 30)), delta);
        expect((await store.read([alice])).get(alice)).toEqual({ profile: expected, epoch: 2 });
      });

      test("go on from a profile that was written as a whole, and are replaced by one", async () => {
        const store = await opened(open);
        const whole = aBigProfile({}, 500);
        await store.write(epochOf(1), [{ profile: whole, epochRead: undefined }]);
        let expected: Profile = whole;
        for (let i = 0; i < 4; i++) {
          await add(store, 2 + i, someDelta(i, 3));
          expected = plus(expected, someDelta(i, 3));
        }
        expect((await store.read([alice])).get(alice)).toEqual({ profile: expected, epoch: 5 });

        const refused = await store.write(epochOf(6), [{ profile: aProfile(), epochRead: epochOf(1) }]);
        const written = await store.write(epochOf(6), [{ profile: aProfile(), epochRead: epochOf(5) }]);

        expect([refused, written]).toEqual([[alice], []]);
        expect((await store.read([alice])).get(alice)).toEqual({ profile: aProfile(), epoch: 6 });
        expect(await collect(store.list())).toEqual([{ profile: aProfile(), epoch: 6 }]);
      });

      test("of a listener who is forgotten leave an empty profile, to which others may be added", async () => {
        const store = await opened(open);
        for (let i = 1; i <= 12; i++) await add(store, i, someDelta(i, 6));

        for (let i = 0; i < 2; i++) await store.forget(epochOf(13), alice);
        await store.forget(epochOf(13), bob);

        for (const user of [alice, bob])
          expect((await store.read([user])).get(user)).toEqual({ profile: noProfile(user), epoch: 13 });
        await expect(store.forget(epochOf(12), alice)).rejects.toBeInstanceOf(StaleEpochError);
        await add(store, 14, someDelta(3, 2));
        await add(store, 15, someDelta(4, 2));
        const expected = plus(plus(noProfile(alice), someDelta(3, 2)), someDelta(4, 2));
        expect((await store.read([alice])).get(alice)).toEqual({ profile: expected, epoch: 15 });
      });
    });

    test("a big profile that is refused leaves the stored one whole", async () => {
      const store = await opened(open);
      const stored = aBigProfile({}, 30_000);
      await store.write(epochOf(2), [{ profile: stored, epochRead: undefined }]);

      const refused = await store.write(epochOf(2), [
        { profile: aBigProfile({}, 31_000), epochRead: epochOf(1) },
      ]);

      expect(refused).toEqual([alice]);
      const read = (await store.read([alice])).get(alice);
      expect(read?.epoch).toBe(2);
      expect(isDeepStrictEqual(read?.profile, stored)).toBe(true);
    }, 30_000);
  });
}
