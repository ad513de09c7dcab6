import { expect, test } from "vitest";
import { MemoryArchive } from "#src/adapters/memory/memory-archive.ts";
import { type ArchivedRecord, type ArchiveRange, readArchive } from "#src/domain/archive.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { collect } from "#test/contract/opened.ts";
import { anArchivedRecord, anHour, archivedRecords, hoursLater, numbersOf } from "#test/support/archived.ts";

const other = "plays/shardId-000000000001" as ShardKey;

async function readBack(
  writes: readonly (readonly ArchivedRecord[])[],
  range?: ArchiveRange,
): Promise<ArchivedRecord[]> {
  const archive = new MemoryArchive();
  for (const records of writes) await archive.write(records);
  return await collect(readArchive(archive, range));
}

test("an empty archive has no records", async () => {
  expect(await readBack([])).toEqual([]);
});

test("a batch that came again is read once", async () => {
  const records = await readBack([archivedRecords(1, 5), archivedRecords(6, 9), archivedRecords(1, 5)]);

  expect(records).toEqual(archivedRecords(1, 9));
});

test.each([
  ["begins in the middle", [archivedRecords(1, 5), archivedRecords(3, 9)]],
  ["ends earlier", [archivedRecords(1, 9), archivedRecords(1, 4)]],
  ["lies within", [archivedRecords(1, 9), archivedRecords(4, 6)]],
  ["is larger", [archivedRecords(4, 6), archivedRecords(1, 9)]],
  ["is many small ones", [archivedRecords(1, 9), ...archivedRecords(1, 9).map((record) => [record])]],
])("a batch that came again, cut elsewhere so that it %s, is read once", async (_, writes) => {
  expect(await readBack(writes)).toEqual(archivedRecords(1, 9));
});

test("repeats within an object are read once", async () => {
  const records = await readBack([[...archivedRecords(1, 5), ...archivedRecords(3, 7)]]);

  expect(records).toEqual(archivedRecords(1, 7));
});

test("a shard's records keep their order and never arrive earlier than the one before", async () => {
  const late = { arrivedAt: hoursLater(1, 5) };
  const steppedBack = { arrivedAt: hoursLater(0, 50) };

  const records = await readBack([
    archivedRecords(1, 2, late),
    archivedRecords(3, 4, steppedBack),
    archivedRecords(5, 6, { arrivedAt: hoursLater(1, 6) }),
  ]);

  expect(numbersOf(records)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(records.map(({ arrivedAt }) => arrivedAt - anHour)).toEqual(
    [5, 5, 5, 5, 6, 6].map((ms) => 3_600_000 + ms),
  );
});

test("shards are merged by arrival, and by shard where that is equal", async () => {
  const there = { shard: other };
  const writes = [
    [anArchivedRecord(8, there), anArchivedRecord(9, { ...there, arrivedAt: hoursLater(0, 20) })],
    [anArchivedRecord(5), anArchivedRecord(8), anArchivedRecord(30)],
  ];

  const records = await readBack(writes);

  expect(records.map(({ shard, arrivedAt }) => [shard.at(-1), arrivedAt - anHour])).toEqual([
    ["0", 5],
    ["0", 8],
    ["1", 8],
    ["1", 20],
    ["0", 30],
  ]);
});

test("a longer sequence number is larger", async () => {
  const nines = anArchivedRecord(1, { sequenceNumber: "999", arrivedAt: hoursLater(0, 1) });
  const thousand = anArchivedRecord(2, { sequenceNumber: "1000", arrivedAt: hoursLater(0, 2) });

  const records = await readBack([[thousand], [nines], [nines, thousand]]);

  expect(records.map(({ sequenceNumber }) => sequenceNumber)).toEqual(["999", "1000"]);
});

test.each([
  ["from the hour in which a moment lies", { from: hoursLater(1, 1) }, [2, 3]],
  ["from an hour's start", { from: hoursLater(1) }, [2, 3]],
  ["to an hour's start", { to: hoursLater(1) }, [1]],
  ["to a moment within an hour", { to: hoursLater(1, 1) }, [1, 2]],
  ["between", { from: hoursLater(1), to: hoursLater(2) }, [2]],
  ["all", {}, [1, 2, 3]],
])("a range reads %s", async (_, range, expected) => {
  const writes = [1, 2, 3].map((n) => [anArchivedRecord(n, { arrivedAt: hoursLater(n - 1, n) as EpochMs })]);

  expect(numbersOf(await readBack(writes, range))).toEqual(expected);
});
