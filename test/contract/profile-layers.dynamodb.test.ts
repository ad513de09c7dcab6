import { isDeepStrictEqual } from "node:util";
import { type DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { expect, test } from "vitest";
import {
  DynamoDbProfileStore,
  type ProfileLayerLimits,
} from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { ArtistName, EpochMs, TrackId, UserId } from "#src/domain/play.ts";
import { addProfiles, noProfile, type Profile } from "#src/domain/profile.ts";
import { deltaOf, type ProfileDelta, playsIn, profileOf, rowsOf } from "#src/domain/profile-plays.ts";
import { itemsOf } from "#test/support/dynamodb-local.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";
import { collect } from "./opened.ts";

const alice = "alice" as UserId;

/** One play in each epoch, so that four fill a layer. */
const epochsDelta = (epoch: number): ProfileDelta =>
  deltaOf(
    alice,
    rowsOf([
      {
        trackId: `track-${epoch}` as TrackId,
        artist: `artist ${epoch % 3}` as ArtistName,
        title: "Yellow",
        startedAt: (1_700_000_000_000 + epoch * 1_000) as EpochMs,
        listenedMs: 200_000,
        flags: 3,
      },
    ]),
  );

const upTo = (epoch: number): Profile =>
  Array.from({ length: epoch }, (_, i) => profileOf(alice, playsIn(epochsDelta(i + 1).played))).reduce(
    addProfiles,
    noProfile(alice),
  );

/** What a run of an epoch does, also where another one was there before. */
async function addEpoch(store: DynamoDbProfileStore, epoch: number): Promise<void> {
  const head = (await store.heads([alice])).get(alice);
  if (head?.epoch === epoch) return;
  expect(await store.add(epoch as EpochNumber, [{ delta: epochsDelta(epoch), head }])).toEqual([]);
}

interface Fault {
  /** Which of all writes. */
  readonly at: number;
  readonly when: "before" | "after";
}

/** The same client, of which one write fails: before it is done, or after. */
function failingClient(client: DynamoDBDocumentClient, fault: Fault | undefined) {
  let puts = 0;
  const put = async (command: PutCommand): Promise<unknown> => {
    const isIt = puts++ === fault?.at;
    if (isIt && fault?.when === "before") throw new Error("not done");
    const answer = await client.send(command);
    if (isIt) throw new Error("done, and not answered");
    return answer;
  };
  const send = (command: object) =>
    command instanceof PutCommand ? put(command) : client.send(command as never);
  const failing = new Proxy(client, {
    get: (target, name) => (name === "send" ? send : target[name as keyof DynamoDBDocumentClient]),
  });
  return { client: failing, puts: () => puts };
}

const limits: ProfileLayerLimits = { runs: 2, fits: (_, plays) => plays <= 3 };
const epochs = 14;
const writes = [1, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 1, 2];

describeDynamoDb("a profile in layers", (local) => {
  const isOneOf = async (store: DynamoDbProfileStore, ...profiles: readonly Profile[]): Promise<boolean> => {
    const read = (await store.read([alice])).get(alice)?.profile ?? noProfile(alice);
    return profiles.some((profile) => isDeepStrictEqual(profile, read));
  };

  test("takes one write a fold, two where plays become a run, and two where all becomes a base", async () => {
    const { client, puts } = failingClient(local().client, undefined);
    const store = new DynamoDbProfileStore(client, await local().createTable(), limits);
    const counts: number[] = [];

    for (let epoch = 1; epoch <= epochs; epoch++) {
      const before = puts();
      await addEpoch(store, epoch);
      counts.push(puts() - before);
    }

    expect(counts).toEqual(writes);
  });

  test.each(["before", "after"] as const)(
    "is exact wherever a write fails %s it is done",
    {
      timeout: 120_000,
    },
    async (when) => {
      const all = writes.reduce((sum, count) => sum + count, 0);
      for (let at = 0; at < all; at++) {
        const table = await local().createTable();
        const reader = new DynamoDbProfileStore(local().client, table, limits);
        const writer = new DynamoDbProfileStore(
          failingClient(local().client, { at, when }).client,
          table,
          limits,
        );
        let failures = 0;
        for (let epoch = 1; epoch <= epochs; epoch++) {
          await addEpoch(writer, epoch).catch(async () => {
            failures += 1;
            expect(await isOneOf(reader, upTo(epoch - 1), upTo(epoch))).toBe(true);
            await addEpoch(writer, epoch);
          });
          expect(await isOneOf(reader, upTo(epoch))).toBe(true);
        }
        expect(failures).toBe(1);
        expect((await collect(reader.list())).map(({ profile }) => profile)).toEqual([upTo(epochs)]);
      }
    },
  );

  test("is of one epoch for who reads it while it is written", async () => {
    const table = await local().createTable();
    const store = new DynamoDbProfileStore(local().client, table, {
      runs: 1,
      fits: (_, plays) => plays <= 1,
    });
    let isWriting = true;
    const write = async (): Promise<void> => {
      for (let epoch = 1; epoch <= 60; epoch++) await addEpoch(store, epoch);
      isWriting = false;
    };
    const read = async (): Promise<number> => {
      let reads = 0;
      for (; isWriting; reads++) {
        const found = (await store.read([alice])).get(alice);
        expect(found?.profile ?? noProfile(alice)).toEqual(upTo(found?.epoch ?? 0));
      }
      return reads;
    };

    const [, reads] = await Promise.all([write(), read()]);

    expect(reads).toBeGreaterThan(1);
  });

  test("leaves nothing of a listener who is forgotten, also where an attempt was cut off", async () => {
    const table = await local().createTable();
    const store = new DynamoDbProfileStore(local().client, table, {
      runs: 1,
      fits: (_, plays) => plays <= 1,
    });
    for (let epoch = 1; epoch <= 8; epoch++) await addEpoch(store, epoch);
    expect((await itemsOf(local(), table)).map(({ sk }) => sk).sort()).toEqual([
      "PROFILE",
      "PROFILE#BASE#0",
      "PROFILE#BASE#1",
      "PROFILE#RUN#0",
    ]);
    const head = { profile: noProfile(alice), epochRead: 8 as EpochNumber };
    await store.write(9 as EpochNumber, [head]); // and then it died

    await store.forget(9 as EpochNumber, alice);

    expect(await itemsOf(local(), table)).toMatchObject([{ pk: "USER#alice", sk: "PROFILE", epoch: 9 }]);
  });
});
