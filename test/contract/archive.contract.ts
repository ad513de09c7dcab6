import { describe, expect, test } from "vitest";
import { type ArchivedRecord, type ArchiveObject, readArchive } from "#src/domain/archive.ts";
import type { ShardKey } from "#src/domain/position.ts";
import type { Archive } from "#src/ports/archive.ts";
import {
  anArchivedRecord,
  anHour,
  archivedRecords,
  aSequenceNumber,
  aShard,
  hoursLater,
  numbersOf,
} from "#test/support/archived.ts";
import { collect, noise, type Open, opened } from "./opened.ts";

const other = "plays/shardId-000000000001" as ShardKey;

/** Bytes compare by what they are, whatever holds them. */
const plain = (records: readonly ArchivedRecord[]): ArchivedRecord[] =>
  records.map((record) => ({ ...record, data: Uint8Array.from(record.data) }));

export async function everythingIn(archive: Archive): Promise<ArchivedRecord[]> {
  return plain(await collect(readArchive(archive)));
}

async function onlyObject(archive: Archive): Promise<ArchiveObject> {
  const [object, ...others] = await archive.list();
  if (object === undefined || others.length > 0) throw new Error("not exactly one object");
  return object;
}

/** What every archive does. */
export function archiveContract(name: string, open: Open<Archive>): void {
  describe(name, () => {
    test("holds nothing at first", async () => {
      const archive = await opened(open);

      expect(await archive.list()).toEqual([]);
    });

    test("nothing to write is nothing", async () => {
      const archive = await opened(open);

      await archive.write([]);

      expect(await archive.list()).toEqual([]);
    });

    test("gives back what was written, as it was", async () => {
      const archive = await opened(open);
      const records = [
        anArchivedRecord(1, { data: noise(5_000) }),
        anArchivedRecord(2, { data: Uint8Array.of() }),
        anArchivedRecord(3, { partitionKey: "é🎵\n" }),
        anArchivedRecord(4, { erased: [{ entry: 0, was: "play" }], data: Uint8Array.of(10) }),
      ];

      await archive.write(records);

      const object = await onlyObject(archive);
      expect(object).toMatchObject({ shard: aShard, hour: anHour, first: aSequenceNumber(1) });
      expect(plain(await collect(archive.read(object)))).toEqual(records);
    });

    test("takes records that are larger than what is compressed at once", { timeout: 60_000 }, async () => {
      const archive = await opened(open);
      const records = [1, 2, 3, 4].map((n) => anArchivedRecord(n, { data: noise(3_000_000, n) }));

      await archive.write(records);

      const read = await everythingIn(archive);
      expect(numbersOf(read)).toEqual([1, 2, 3, 4]);
      expect(read.map(({ data }) => Buffer.compare(data, records[0]?.data ?? data))).toEqual(
        records.map(({ data }) => Buffer.compare(data, records[0]?.data ?? data)),
      );
    });

    test("keeps shards and hours apart", async () => {
      const archive = await opened(open);
      const there = { shard: other };
      const later = { arrivedAt: hoursLater(1) };

      await archive.write(archivedRecords(1, 3));
      await archive.write(archivedRecords(1, 3, there));
      await archive.write(archivedRecords(4, 6, later));

      const objects = await archive.list();
      expect(objects.map(({ shard, hour, first }) => [shard, hour, first]).sort()).toEqual([
        [aShard, anHour, aSequenceNumber(1)],
        [aShard, hoursLater(1), aSequenceNumber(4)],
        [other, anHour, aSequenceNumber(1)],
      ]);
    });

    test("lists a range of hours", async () => {
      const archive = await opened(open);
      for (let n = 1; n <= 4; n++)
        await archive.write([anArchivedRecord(n, { arrivedAt: hoursLater(n, n) })]);

      const listed = await archive.list({ from: hoursLater(2, 1), to: hoursLater(4) });

      expect(listed.map(({ hour }) => hour).sort()).toEqual([hoursLater(2), hoursLater(3)]);
    });

    test("reads batch after batch of an hour, in order", async () => {
      const archive = await opened(open);

      for (let n = 1; n < 30; n += 3) await archive.write(archivedRecords(n, n + 2));

      expect(await everythingIn(archive)).toEqual(archivedRecords(1, 30));
    });

    test("reads once what came again, cut elsewhere", async () => {
      const archive = await opened(open);
      const [early, late] = [{ arrivedAt: hoursLater(0) }, { arrivedAt: hoursLater(1) }];

      await archive.write(archivedRecords(1, 5, early));
      await archive.write(archivedRecords(6, 9, late));
      await archive.write(archivedRecords(3, 5, early)); // a new start, from an older checkpoint
      await archive.write(archivedRecords(6, 7, late));
      await archive.write(archivedRecords(8, 12, late));

      expect(await everythingIn(archive)).toEqual([
        ...archivedRecords(1, 5, early),
        ...archivedRecords(6, 12, late),
      ]);
    });

    test("loses nothing where a shard's clock steps back into the hour before, and ahead again", async () => {
      const archive = await opened(open);
      const hours = [0, 1, 0, 1, 0, 2, 1].map((hour) => hoursLater(hour));

      for (const [i, arrivedAt] of hours.entries())
        await archive.write(archivedRecords(2 * i + 1, 2 * i + 2, { arrivedAt }));

      expect(numbersOf(await everythingIn(archive))).toEqual(Array.from({ length: 14 }, (_, i) => i + 1));
    });

    test("replaces an object's records, and goes on behind them", async () => {
      const archive = await opened(open);
      await archive.write(archivedRecords(1, 3));
      const erased = archivedRecords(1, 3, {
        data: Uint8Array.of(),
        erased: [{ entry: 0, was: "play" }],
      });

      await archive.rewrite(await onlyObject(archive), erased);
      const rewritten = await everythingIn(archive);
      await archive.write(archivedRecords(4, 6));

      expect(rewritten).toEqual(erased);
      expect(await everythingIn(archive)).toEqual([...erased, ...archivedRecords(4, 6)]);
    });

    test("does not bring back what was taken out, when its batch comes again", async () => {
      const archive = await opened(open);
      await archive.write(archivedRecords(1, 3));
      const erased = archivedRecords(1, 3, { data: Uint8Array.of() });
      await archive.rewrite(await onlyObject(archive), erased);

      await archive.write(archivedRecords(1, 3));

      expect(await everythingIn(archive)).toEqual(erased);
    });
  });
}
