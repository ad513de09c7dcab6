import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { type Head, positionAt, type ShardKey } from "#src/domain/position.ts";
import type { Verification } from "#src/domain/verification.ts";
import { currentWindows } from "#src/domain/windows.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import { noise, type Open, opened } from "./opened.ts";

const now = 1_795_185_000_000 as EpochMs;
const later = (afterMs: number): EpochMs => (now + afterMs) as EpochMs;

function aHead(shard: number, sequence: string): Head {
  return {
    shard: `plays/shardId-${String(shard).padStart(12, "0")}` as ShardKey,
    position: positionAt(sequence, 3),
    counts: { plays: 2 ** 40 + 1, unqualified: 5, duplicates: 6, rejects: 7 },
    arrivedAt: later(-shard),
  };
}

function anEpoch(epoch: number, wish: Partial<EpochRecord> = {}): EpochRecord {
  return {
    epoch: epoch as EpochNumber,
    status: "open",
    storeId: "store-1",
    from: [aHead(0, "49590338271490256608559692538361571095921575989136588898")],
    to: [aHead(0, "49590338271490256608559692538361571095921575989136588899"), aHead(1, "12")],
    now,
    windows: currentWindows(now),
    ...wish,
  };
}

/** Heads of many shards: the last 26 digits of a sequence number and all figures are random. */
function manyHeads(shards: number, seed: number): readonly Head[] {
  const random = Buffer.from(noise(shards * 26, seed));
  return Array.from({ length: shards }, (_, shard) => {
    const bytes = random.subarray(shard * 26, (shard + 1) * 26);
    const digits = Array.from(bytes, (byte) => byte % 10).join("");
    return {
      ...aHead(shard, `495903382714902566085596925383${digits}`),
      counts: {
        plays: bytes.readUIntBE(0, 3),
        unqualified: bytes.readUInt16BE(3),
        duplicates: bytes.readUInt8(5),
        rejects: bytes.readUInt8(6),
      },
      arrivedAt: later(-bytes.readUIntBE(7, 3)),
    };
  });
}

/** What every EpochLog does. */
export function epochLogContract(name: string, open: Open<EpochLog>): void {
  describe(`${name} as an EpochLog`, () => {
    describe("records", () => {
      test("an empty log has no latest epoch and no other", async () => {
        const log = await opened(open);

        const latest = await log.latest();
        const first = await log.read(1 as EpochNumber);

        expect([latest, first]).toEqual([undefined, undefined]);
      });

      test("a record comes back as it was created", async () => {
        const log = await opened(open);
        const record = anEpoch(1);

        const outcome = await log.create(record);

        expect(outcome).toBe("created");
        expect(await log.read(record.epoch)).toEqual(record);
        expect(await log.latest()).toEqual(record);
      });

      test("a record may name how many workers it has", async () => {
        const log = await opened(open);
        await log.create(anEpoch(1, { workers: 7 }));

        expect((await log.read(1 as EpochNumber))?.workers).toBe(7);
        expect(await log.latest()).toEqual(anEpoch(1, { workers: 7 }));
      });

      test("a record may name the correction that it applies", async () => {
        const log = await opened(open);
        const record = anEpoch(1, { correction: 7 as EpochNumber });

        await log.create(record);

        expect(await log.latest()).toEqual(record);
      });

      test("a record may say how far profiles are", async () => {
        const log = await opened(open);
        const from = { epoch: 3 as EpochNumber, now: later(-9), plays: 1_234_567_890 };
        const to = { epoch: 7 as EpochNumber, now, plays: 1_234_567_999 };
        const record = anEpoch(7, { profiles: { from, to, parts: 5, done: 2, folding: 3 } });

        await log.create(record);

        expect(await log.latest()).toEqual(record);
      });

      test("the first epoch may start where no shard has a head", async () => {
        const log = await opened(open);
        const record = anEpoch(1, { from: [], to: [] });

        await log.create(record);

        expect(await log.latest()).toEqual(record);
      });

      test("creating an epoch again changes nothing", async () => {
        const log = await opened(open);
        await log.create(anEpoch(1));

        const outcome = await log.create(anEpoch(1, { storeId: "store-2", now: later(1), to: [] }));

        expect(outcome).toBe("exists");
        expect(await log.latest()).toEqual(anEpoch(1));
      });

      test("creating a committed epoch again does not open it", async () => {
        const log = await opened(open);
        await log.create(anEpoch(1));
        await log.commit(1 as EpochNumber, {}, later(9));

        const outcome = await log.create(anEpoch(1));

        expect(outcome).toBe("exists");
        expect((await log.latest())?.status).toBe("committed");
      });

      test("of planners that race for one epoch exactly one creates it", async () => {
        const log = await opened(open);
        const plans = ["a", "b", "c", "d"].map((storeId) => anEpoch(1, { storeId }));

        const outcomes = await Promise.all(plans.map((plan) => log.create(plan)));

        expect(outcomes.filter((outcome) => outcome === "created")).toHaveLength(1);
        expect(await log.latest()).toEqual(plans[outcomes.indexOf("created")]);
      });

      test("the latest epoch is the one with the largest number", async () => {
        const log = await opened(open);
        for (const epoch of [8, 9, 10, 11, 99, 100, 1_000_000]) {
          await log.create(anEpoch(epoch));

          expect((await log.latest())?.epoch).toBe(epoch);
        }
        expect((await log.read(9 as EpochNumber))?.epoch).toBe(9);
        expect(await log.read(12 as EpochNumber)).toBeUndefined();
      });

      test("the heads of five thousand shards fit in a record, even if all have moved", async () => {
        const log = await opened(open);
        const record = anEpoch(1, { from: manyHeads(4_990, 1), to: manyHeads(5_000, 2) });

        await log.create(record);

        expect(isDeepStrictEqual(await log.latest(), record)).toBe(true);
      });

      test("a record with many shards can be committed", async () => {
        const log = await opened(open);
        const record = anEpoch(1, { from: manyHeads(4_990, 1), to: manyHeads(5_000, 2) });
        const figures = { reduce: { plays: 10 } };
        await log.create(record);

        await log.commit(record.epoch, figures, later(9));

        const committed = { ...record, status: "committed", figures, committedAt: later(9) };
        expect(isDeepStrictEqual(await log.read(record.epoch), committed)).toBe(true);
      });
    });

    describe("commit", () => {
      const figures = { reduce: { plays: 10, ms: 12.75 }, "user-behavior": { profiles: 2 ** 40 } };

      test("marks the epoch and keeps the figures and the time", async () => {
        const log = await opened(open);
        await log.create(anEpoch(1));
        await log.create(anEpoch(2));

        await log.commit(1 as EpochNumber, figures, later(9));

        expect(await log.read(1 as EpochNumber)).toEqual(
          anEpoch(1, { status: "committed", figures, committedAt: later(9) }),
        );
        expect(await log.latest()).toEqual(anEpoch(2));
      });

      test("committing again changes nothing", async () => {
        const log = await opened(open);
        await log.create(anEpoch(1));
        await log.commit(1 as EpochNumber, figures, later(9));

        await log.commit(1 as EpochNumber, { reduce: { plays: 99 } }, later(99));

        expect(await log.latest()).toEqual(
          anEpoch(1, { status: "committed", figures, committedAt: later(9) }),
        );
      });

      test("an epoch without figures is committed with none", async () => {
        const log = await opened(open);
        await log.create(anEpoch(1));

        await log.commit(1 as EpochNumber, {}, later(9));

        expect(await log.latest()).toEqual(
          anEpoch(1, { status: "committed", figures: {}, committedAt: later(9) }),
        );
      });

      test("committing an epoch that nobody created does not create it", async () => {
        const log = await opened(open);

        await log.commit(1 as EpochNumber, figures, later(9)).catch(() => undefined);

        expect(await log.latest()).toBeUndefined();
      });
    });

    describe("the broadcast's outcome", () => {
      const outcome = { at: later(20), messages: 3, failed: 1 };

      test("is not there before it is noted", async () => {
        const log = await opened(open);
        await log.create(anEpoch(1));

        expect(await log.readBroadcast(1 as EpochNumber)).toBeUndefined();
      });

      test("comes back as it was noted, and leaves the record alone", async () => {
        const log = await opened(open);
        await log.create(anEpoch(1));

        await log.noteBroadcast(1 as EpochNumber, outcome);

        expect(await log.readBroadcast(1 as EpochNumber)).toEqual(outcome);
        expect(await log.readBroadcast(2 as EpochNumber)).toBeUndefined();
        expect(await log.latest()).toEqual(anEpoch(1));
      });

      test("is the last one that was noted", async () => {
        const log = await opened(open);
        await log.noteBroadcast(1 as EpochNumber, outcome);

        await log.noteBroadcast(1 as EpochNumber, { at: later(30), messages: 0, failed: 0 });

        expect(await log.readBroadcast(1 as EpochNumber)).toEqual({ at: later(30), messages: 0, failed: 0 });
      });
    });

    describe("the last verification", () => {
      const verification: Verification = {
        at: later(20),
        epoch: 7 as EpochNumber,
        from: undefined,
        to: undefined,
        kinds: [
          { kind: "songs", compared: 12_345, drift: 1 },
          { kind: "charts", compared: 11, drift: 0 },
        ],
        differences: ["SONG#日本 🎵 plays: expected 4, stored 5"],
        processingMs: 1_234,
      };

      test("is unknown where nothing was verified", async () => {
        const log = await opened(open);
        await log.create(anEpoch(1));

        expect(await log.readVerification()).toBeUndefined();
      });

      test("comes back as it was noted, and is no epoch", async () => {
        const log = await opened(open);
        await log.create(anEpoch(1));

        await log.noteVerification(verification);

        expect(await log.readVerification()).toEqual(verification);
        expect(await log.latest()).toEqual(anEpoch(1));
        expect(await log.readBroadcast(7 as EpochNumber)).toBeUndefined();
      });

      test("is the last one that was noted", async () => {
        const log = await opened(open);
        await log.noteVerification(verification);
        const next = { ...verification, at: later(30), from: now, to: later(3_600_000), differences: [] };

        await log.noteVerification(next);

        expect(await log.readVerification()).toEqual(next);
      });
    });

    describe("the lease", () => {
      test("goes to the first who asks and is refused to the next", async () => {
        const log = await opened(open);

        const first = await log.acquireLease("a", now, 1_000);
        const second = await log.acquireLease("b", later(500), 1_000);

        expect([first, second]).toEqual([true, false]);
      });

      test("is prolonged by its owner", async () => {
        const log = await opened(open);
        await log.acquireLease("a", now, 1_000);

        const again = await log.acquireLease("a", later(900), 1_000);
        const other = await log.acquireLease("b", later(1_500), 1_000);

        expect([again, other]).toEqual([true, false]);
      });

      test("is free from the moment it ends", async () => {
        const log = await opened(open);
        await log.acquireLease("a", now, 1_000);

        const before = await log.acquireLease("b", later(999), 1_000);
        const after = await log.acquireLease("b", later(1_000), 1_000);
        const former = await log.acquireLease("a", later(1_001), 1_000);

        expect([before, after, former]).toEqual([false, true, false]);
      });

      test("that ends later than now and its length is void, because a clock went back", async () => {
        const log = await opened(open);
        await log.acquireLease("a", later(60_000), 1_000);

        const other = await log.acquireLease("b", now, 1_000);

        expect(other).toBe(true);
      });

      test("that ends exactly at now and its length still runs", async () => {
        const log = await opened(open);
        await log.acquireLease("a", now, 1_000);

        const other = await log.acquireLease("b", now, 1_000);

        expect(other).toBe(false);
      });

      test("is free once its owner released it", async () => {
        const log = await opened(open);
        await log.acquireLease("a", now, 1_000);

        await log.releaseLease("a");

        expect(await log.acquireLease("b", later(1), 1_000)).toBe(true);
      });

      test("is not released by somebody else", async () => {
        const log = await opened(open);
        await log.acquireLease("a", now, 1_000);

        await log.releaseLease("b");

        expect(await log.acquireLease("b", later(1), 1_000)).toBe(false);
      });

      test("that nobody holds can be released", async () => {
        const log = await opened(open);

        await log.releaseLease("a");

        expect(await log.acquireLease("b", now, 1_000)).toBe(true);
      });

      test("goes to one of those who race for it", async () => {
        const log = await opened(open);
        const owners = ["a", "b", "c", "d", "e"];

        const grants = await Promise.all(owners.map((owner) => log.acquireLease(owner, now, 1_000)));

        expect(grants.filter(Boolean)).toHaveLength(1);
      });

      test("does not show among the epochs", async () => {
        const log = await opened(open);
        await log.create(anEpoch(1));

        await log.acquireLease("a", now, 1_000);

        expect(await log.latest()).toEqual(anEpoch(1));
      });
    });
  });
}
