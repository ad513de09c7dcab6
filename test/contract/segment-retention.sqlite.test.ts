import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { openStores, type Stores } from "#local/stores.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { type Head, noCounts, origin, positionAt, type ShardKey } from "#src/domain/position.ts";
import { collect } from "./opened.ts";

const shard = "plays/shardId-000000000000" as ShardKey;
const now = 1_795_185_000_000;
const lastPosition = positionAt("9", 1);

let stores: Stores;

beforeEach(() => {
  const dir = mkdtempSync(join(tmpdir(), "earworm-retention-"));
  stores = openStores(dir, {});
  onTestFinished(() => {
    stores.close();
    rmSync(dir, { recursive: true });
  });
});

const headAt = (n: number, arrivedAt = now): Head => ({
  ...{ shard, position: positionAt(String(n), 1), counts: noCounts, arrivedAt: arrivedAt as EpochMs },
});

/** The n-th segment, whose time is up at `expiresAt`. */
async function append(n: number, expiresAt: number): Promise<void> {
  const previous = n === 1 ? origin : positionAt(String(n - 1), 1);
  const segment = { head: headAt(n), previous, writtenAt: now as EpochMs, body: new Uint8Array([n]) };
  expect(await stores.segments.append(segment, expiresAt as EpochMs)).toBe("appended");
}

const kept = async () => {
  const segments = await collect(stores.segments.readRange(shard, origin, lastPosition));
  return segments.map(({ body }) => body[0]);
};

test("a segment is deleted when its time is up, and not a millisecond before", async () => {
  await append(1, now - 1);
  await append(2, now);
  await append(3, now + 1);

  const deleted = stores.segments.deleteExpired(now as EpochMs, [headAt(3)]);

  expect(deleted).toBe(2);
  expect(await kept()).toEqual([3]);
});

test("a segment that no epoch has reduced is never deleted, however old", async () => {
  for (const n of [1, 2, 3]) await append(n, now - 10 * 365 * 86_400_000);

  const deletedBefore = stores.segments.deleteExpired(now as EpochMs, []);
  const deleted = stores.segments.deleteExpired(now as EpochMs, [headAt(2)]);

  expect(deletedBefore).toBe(0);
  expect(deleted).toBe(2);
  expect(await kept()).toEqual([3]);
});

test("a clock that runs ahead deletes nothing before records have arrived for so long", async () => {
  await append(1, now + 86_400_000);

  stores.segments.deleteExpired((now + 2 * 86_400_000) as EpochMs, [headAt(1)]);
  const before = await kept();
  stores.segments.deleteExpired((now + 2 * 86_400_000) as EpochMs, [headAt(1, now + 86_400_000)]);

  expect(before).toEqual([1]);
  expect(await kept()).toEqual([]);
});
