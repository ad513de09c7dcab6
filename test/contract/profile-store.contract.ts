import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { ArtistName, EpochMs, TrackId, UserId } from "#src/domain/play.ts";
import type { Profile } from "#src/domain/profile.ts";
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
