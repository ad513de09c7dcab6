import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { PlayPool } from "#bench/load/play-pool.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import type { StreamRecord } from "#src/ports/play-stream.ts";
import { isGzip } from "#src/wire/gzip.ts";
import { partitionKeyOf } from "#src/wire/partition-key.ts";
import { expandRecord } from "#src/wire/play-record.ts";

const codec = { ...nodeRecordCodec, sha256: (text: string) => hash("sha256", text, "hex") };
const now = 1_795_790_000_000;

const createPool = (run = "abc123") => new PlayPool({ seed: 7, users: 500, songs: 500, plays: 2000, run });

/** @throws Error where something is no play */
function playsIn(records: readonly StreamRecord[]): readonly Play[] {
  return records.flatMap(({ data }) =>
    expandRecord({ sequenceNumber: "1", data, arrivedAt: now as EpochMs }, codec).map((entry) => {
      if (entry.kind === "reject") throw new Error(entry.chunk.reason);
      return entry.play;
    }),
  );
}

test("each play that is sent is a play of its own, with the time that is given", () => {
  const pool = createPool();

  const plays = Array.from({ length: 30 }, () => playsIn(pool.records(400, now))).flat();

  expect(plays).toHaveLength(12_000);
  expect(pool.made).toBe(12_000);
  expect(new Set(plays.map(({ eventId }) => eventId)).size).toBe(12_000);
  expect(new Set(plays.map(({ startedAt }) => startedAt))).toEqual(new Set([now]));
});

test("two runs share no event id", () => {
  const [a, b] = [createPool("aaaaaa"), createPool("bbbbbb")].map((pool) =>
    playsIn(pool.records(100, now)).map(({ eventId }) => eventId),
  );

  expect(new Set([...(a ?? []), ...(b ?? [])]).size).toBe(200);
});

test("a listener's plays always have the same partition key", () => {
  const pool = createPool();
  const keyOf = new Map<string, string>();

  for (let i = 0; i < 100; i++) {
    for (const record of pool.records(50, now)) {
      for (const { userId } of playsIn([record])) {
        expect(keyOf.get(userId) ?? record.partitionKey).toBe(record.partitionKey);
        keyOf.set(userId, record.partitionKey);
      }
    }
  }
  expect(new Set(keyOf.values()).size).toBe(32);
  expect(keyOf.size).toBeGreaterThan(300);
  expect(new Set([...keyOf.keys()].map((user) => partitionKeyOf(user as never))).size).toBeGreaterThan(32);
});

test("few plays are single records, more a block, many several blocks", () => {
  const pool = createPool();

  const shapes = [1, 7, 8, 200, 400, 401].map((plays) => {
    const records = pool.records(plays, now);
    return [records.length, records.every(({ data }) => isGzip(data)), playsIn(records).length];
  });

  expect(shapes).toEqual([
    [1, false, 1],
    [7, false, 7],
    [1, true, 8],
    [1, true, 200],
    [2, true, 400],
    [3, true, 401],
  ]);
});
