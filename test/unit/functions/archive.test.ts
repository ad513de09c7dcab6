import { describe, expect, test } from "vitest";
import { createArchiveHandler } from "#functions/archive/archive-handler.ts";
import { MemoryArchive } from "#src/adapters/memory/memory-archive.ts";
import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import { MemoryMetrics } from "#src/adapters/memory/memory-metrics.ts";
import { type ArchivedRecord, readArchive } from "#src/domain/archive.ts";
import { StoreError } from "#src/domain/errors.ts";
import { collect } from "#test/contract/opened.ts";
import { anHour, aSequenceNumber, hoursLater } from "#test/support/archived.ts";
import { kinesisEvent } from "#test/support/pipeline.ts";

interface Put {
  readonly n: number;
  readonly at?: number;
  readonly data?: Uint8Array;
}

const batch = (puts: readonly Put[], shard = 0) =>
  kinesisEvent(
    puts.map(({ n, at = anHour, data = Uint8Array.of(n) }) => ({
      ...{ sequenceNumber: aSequenceNumber(n), arrivedAt: at, data },
    })),
    shard,
  );

function anArchiver() {
  const archive = new MemoryArchive();
  const writes: (readonly ArchivedRecord[])[] = [];
  const metrics = new MemoryMetrics();
  const logger = new MemoryLogger();
  const handle = createArchiveHandler({
    archive: {
      write: (records) => {
        writes.push(records);
        return archive.write(records);
      },
    },
    decodeBase64: (text) => Buffer.from(text, "base64"),
    logger,
    metrics,
  });
  return { archive, writes, metrics, logger, handle };
}

const firsts = (writes: readonly (readonly ArchivedRecord[])[]): number[][] =>
  writes.map((records) => records.map(({ data }) => data[0] ?? -1));

describe("the archiver", () => {
  test("keeps a record as it is: shard, number, key, arrival and bytes", async () => {
    const { archive, handle } = anArchiver();
    const data = Uint8Array.of(0x1f, 0x8b, 0xff, 0);

    await handle(batch([{ n: 7, at: anHour + 1234, data }]));

    const [record] = await collect(readArchive(archive));
    expect({ ...record, data: Uint8Array.from(record?.data ?? []) }).toEqual({
      shard: "plays/shardId-000000000000",
      sequenceNumber: aSequenceNumber(7),
      arrivedAt: anHour + 1234,
      partitionKey: "p",
      data,
    });
  });

  test("writes each hour of a batch by itself, in order", async () => {
    const { writes, handle } = anArchiver();
    const last = hoursLater(1, -1);

    await handle(
      batch([{ n: 1 }, { n: 2, at: last }, { n: 3, at: hoursLater(1) }, { n: 4, at: hoursLater(3) }]),
    );

    expect(firsts(writes)).toEqual([[1, 2], [3], [4]]);
  });

  test("leaves a record whose clock stepped back in the hour of the one before it", async () => {
    const { writes, handle } = anArchiver();

    await handle(
      batch([
        { n: 1, at: hoursLater(1) },
        { n: 2, at: anHour },
        { n: 3, at: hoursLater(1, 9) },
      ]),
    );

    expect(firsts(writes)).toEqual([[1, 2, 3]]);
    expect(writes[0]?.map(({ arrivedAt }) => arrivedAt)).toEqual([
      hoursLater(1),
      hoursLater(1),
      hoursLater(1, 9),
    ]);
  });

  test("writes each shard by itself", async () => {
    const { writes, handle } = anArchiver();
    const [one, two] = [batch([{ n: 1 }, { n: 3 }]), batch([{ n: 2 }], 1)];

    await handle({ Records: [...one.Records.slice(0, 1), ...two.Records, ...one.Records.slice(1)] });

    expect(firsts(writes)).toEqual([[1, 3], [2]]);
    expect(writes.map(([record]) => record?.shard.at(-1))).toEqual(["0", "1"]);
  });

  test("fails with the store, so that the batch comes again, and stops there", async () => {
    const writes: unknown[] = [];
    const metrics = new MemoryMetrics();
    const handle = createArchiveHandler({
      archive: {
        write: (records) => {
          writes.push(records);
          return Promise.reject(new StoreError("the disk is full"));
        },
      },
      decodeBase64: () => Uint8Array.of(),
      logger: new MemoryLogger(),
      metrics,
    });

    const handled = handle(batch([{ n: 1 }, { n: 2, at: hoursLater(1) }]));

    await expect(handled).rejects.toThrow("the disk is full");
    expect(writes).toHaveLength(1);
    expect(metrics.entries).toEqual([]);
  });

  test("reads once what came twice, and counts what it was given", async () => {
    const { archive, metrics, handle } = anArchiver();
    const puts = [{ n: 1 }, { n: 2 }, { n: 3 }];

    await handle(batch(puts));
    await handle(batch(puts.slice(1)));

    expect(await collect(readArchive(archive))).toHaveLength(3);
    expect(metrics.entries).toMatchObject([
      { name: "ArchivedRecords", value: 3 },
      { name: "ArchivedRecords", value: 2 },
    ]);
  });
});
