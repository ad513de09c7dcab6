import fc from "fast-check";
import { expect, test } from "vitest";
import type { EpochMs } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { arrivalOf, isRejectId, rejectIdOf, rejectIdsOfDay } from "#src/domain/reject.ts";
import { dayMs } from "#src/domain/windows.ts";

const shard = "plays/shardId-000000000000" as ShardKey;
const someKey = fc.record({
  sequenceNumber: fc.bigInt({ min: 1n, max: 10n ** 56n - 1n }).map(String),
  entry: fc.nat(9_999_999),
  arrivedAt: fc.nat(4_102_444_800_000).map((ms) => ms as EpochMs),
});

test("an id is the same for the same place, holds its arrival, and is one word of 28 characters", () => {
  fc.assert(
    fc.property(someKey, (key) => {
      const id = rejectIdOf(shard, key);

      expect(id).toBe(rejectIdOf(shard, { ...key }));
      expect(id).toHaveLength(28);
      expect(isRejectId(id)).toBe(true);
      expect(arrivalOf(id)).toBe(key.arrivedAt);
    }),
  );
});

test("the id of a place never changes: scripts and notes hold it", () => {
  const key = { sequenceNumber: "49590338271490256608559692538361571095921575989136588898", entry: 37 };

  expect(rejectIdOf(shard, { ...key, arrivedAt: 1_795_176_000_000 as EpochMs })).toMatchInlineSnapshot(
    `"0mwoxfuo0-4821e985d965-00011"`,
  );
});

test("ids have the order of arrival, and within a record that of its entries", () => {
  fc.assert(
    fc.property(someKey, someKey, (a, b) => {
      const [first, second] = [rejectIdOf(shard, a), rejectIdOf(shard, b)];
      if (a.arrivedAt !== b.arrivedAt) expect(first < second).toBe(a.arrivedAt < b.arrivedAt);
      const sibling = rejectIdOf(shard, { ...a, entry: b.entry });
      if (a.entry !== b.entry) expect(first < sibling).toBe(a.entry < b.entry);
    }),
  );
});

test("an id lies in the day of its arrival and in no other", () => {
  fc.assert(
    fc.property(someKey, fc.integer({ min: -2, max: 2 }), (key, days) => {
      const id = rejectIdOf(shard, key);
      const day = key.arrivedAt + days * dayMs;
      fc.pre(day >= 0);
      const { from, to } = rejectIdsOfDay(day as EpochMs);

      expect(id >= from && id < to).toBe(days === 0);
    }),
  );
});

test.each([
  "",
  "0mwp03shc",
  "0mwp03shc-7c3e5d9a1f20-0000",
  "0MWP03SHC-7c3e5d9a1f20-00000",
  "../../etc/passwd",
])("%j is no id", (text) => {
  expect(isRejectId(text)).toBe(false);
});
