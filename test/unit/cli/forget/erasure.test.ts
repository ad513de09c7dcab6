import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ErasureScan } from "#cli/forget/erasure-scan.ts";
import { recordKey, rewriteArchive } from "#cli/forget/rewrite-archive.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { MemoryArchive } from "#src/adapters/memory/memory-archive.ts";
import { type ArchivedRecord, readArchive } from "#src/domain/archive.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import { type Head, noCounts, positionAt, type ShardKey } from "#src/domain/position.ts";
import { Recount } from "#src/recount/recount.ts";
import { encodeColumnarBlock } from "#src/wire/columnar-encoder.ts";
import { ColumnarRows } from "#src/wire/columnar-rows.ts";
import { encodePlay, parsePlay } from "#src/wire/play-codec.ts";
import { PlayDictionary } from "#src/wire/play-dictionary.ts";
import { expandRecord } from "#src/wire/play-record.ts";
import { RowValues } from "#src/wire/row-values.ts";
import { aMoment, somePlays } from "#test/support/arbitraries.ts";

const user = "U1" as UserId;
const shards = ["plays/a", "plays/b"] as ShardKey[];

/** Plays of the listener and of others, some marked, and what is no play, by the listener or not. */
const someLine = fc.oneof(
  { weight: 6, arbitrary: somePlays(1, 1).map(([play]) => (play === undefined ? "" : encodePlay(play))) },
  {
    weight: 2,
    arbitrary: somePlays(1, 1).map(([play]) =>
      play === undefined ? "" : encodePlay({ ...play, dedupe: "always" }),
    ),
  },
  fc.constantFrom(
    "",
    "\r",
    "{",
    '{"user_id":"U1","rating":9}',
    '{"user_id":"U2"}',
    `{"user_id":"U1","x":"${"y".repeat(25_000)}"}`,
  ),
);
const someLines = fc.array(someLine, { minLength: 1, maxLength: 8 });
/** Ids repeat across the records of a shard, also of another listener. */
const someRecords: fc.Arbitrary<ArchivedRecord[]> = fc
  .array(
    fc.record({
      shard: fc.constantFrom(...shards),
      form: fc.constantFrom("play", "block", "columnar", "columnar in gzip"),
      lines: someLines,
      ids: fc.nat({ max: 6 }),
      // A stream's clock may step back a little, also across an hour; its shards' plays then count as of the latest.
      afterMs: fc.constantFrom(0, 1_000, 400_000, 3_600_000, -600_000),
    }),
    { maxLength: 12 },
  )
  .map((specs) => {
    let at = aMoment as number;
    return specs.map(({ shard, form, lines, ids, afterMs }, i) => {
      at += afterMs;
      const named = lines.map((line, n) => line.replace('"e0"', `"e${ids + n}-${shard.at(-1)}"`));
      const data = dataOf(form, named, at as EpochMs);
      const sequenceNumber = String(1000 + i);
      return {
        ...{ shard, sequenceNumber, partitionKey: user },
        arrivedAt: at as EpochMs,
        data: new Uint8Array(data),
      };
    });
  });

function dataOf(form: string, lines: readonly string[], arrivedAt: EpochMs): Uint8Array {
  if (form === "play") return Buffer.from(lines[0] ?? "");
  if (form === "block") return gzipSync(lines.join("\n"));
  const block = columnarOf(lines, arrivedAt);
  return form === "columnar" ? block : gzipSync(block);
}

/** The plays among the lines, and a row that is none, all in one block. */
function columnarOf(lines: readonly string[], arrivedAt: EpochMs): Uint8Array {
  const dictionary = new PlayDictionary();
  const rows = new ColumnarRows();
  for (const line of lines) {
    const play = parsePlay(line, arrivedAt, nodeRecordCodec.sha256);
    if (play.ok) rows.addPlay(play.value, dictionary.numberOf(play.value.userId), dictionary);
  }
  const values = new RowValues();
  values.user = dictionary.numberOf(user);
  rows.addRow(values);
  return encodeColumnarBlock(rows, dictionary);
}

async function archiveOf(records: readonly ArchivedRecord[]): Promise<MemoryArchive> {
  const archive = new MemoryArchive();
  for (const record of records) await archive.write([record]);
  return archive;
}

/** The heads after so many entries of each shard's last record; all of them where that is more. */
function headsOf(records: readonly ArchivedRecord[], last: number): Head[] {
  return shards.flatMap((shard) => {
    const record = records.findLast((each) => each.shard === shard);
    if (record === undefined) return [];
    const entries = expandRecord(record, nodeRecordCodec).length;
    const position = positionAt(record.sequenceNumber, Math.min(entries, 1 + last));
    return [{ shard, position, counts: noCounts, arrivedAt: record.arrivedAt }];
  });
}

const resultOf = (recount: Recount) => ({
  counters: new Map(recount.counters()),
  shards: recount.shards,
  profiles: [...recount.profiles].sort().map(([id, { recent, ...profile }]) => ({
    ...{ id, ...profile },
    // In no order until somebody asks.
    recent: recent.map((play) => JSON.stringify(play)).sort(),
  })),
});

test("an archive of which a listener was taken out is recounted as the scan without them, and names them nowhere", async () => {
  await fc.assert(
    fc.asyncProperty(someRecords, async (records) => {
      const archive = await archiveOf(records);
      const before = new Recount(nodeRecordCodec);
      for await (const record of readArchive(archive))
        for (const judged of before.judge(record)) before.count(judged);
      const scan = new ErasureScan(user);
      const heads = headsOf(records, Number.POSITIVE_INFINITY);
      expect(await scan.advance(archive, heads, "all")).toEqual([]);

      await rewriteArchive(archive, scan.erasures);

      const again = new Recount(nodeRecordCodec);
      for await (const record of readArchive(archive)) {
        for (const judged of again.judge(record)) {
          expect(judged.userId).not.toBe(user);
          again.count(judged);
        }
        if (scan.erasures.records.has(recordKey(record))) expect(record.partitionKey).not.toBe(user);
      }
      expect(resultOf(again)).toEqual(resultOf(scan.recount));
      expect(scan.recount.shards).toEqual(before.shards);
    }),
    { numRuns: 400 },
  );
}, 60_000);

test("doing it again finds nothing and changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(someRecords, async (records) => {
      const archive = await archiveOf(records);
      const heads = headsOf(records, Number.POSITIVE_INFINITY);
      const scan = new ErasureScan(user);
      await scan.advance(archive, heads, "all");
      await rewriteArchive(archive, scan.erasures);

      const second = new ErasureScan(user);
      await second.advance(archive, heads, "all");

      expect(second.erasures.records.size).toBe(0);
      expect(resultOf(second.recount)).toEqual(resultOf(scan.recount));
    }),
    { numRuns: 200 },
  );
}, 60_000);

test("a scan in two parts is the same as one, and takes in no more than the heads", async () => {
  await fc.assert(
    fc.asyncProperty(someRecords, fc.nat({ max: 12 }), fc.nat({ max: 4 }), async (records, first, last) => {
      const archive = await archiveOf(records);
      const heads = headsOf(records, last);
      const whole = new ErasureScan(user);
      await whole.advance(archive, heads, "all");

      const parts = new ErasureScan(user);
      await parts.advance(archive, headsOf(records.slice(0, first), last), "records");
      await parts.advance(archive, heads, "all");

      expect(resultOf(parts.recount)).toEqual(resultOf(whole.recount));
      expect(parts.erasures).toEqual(whole.erasures);
    }),
    { numRuns: 300 },
  );
}, 60_000);

test("an archive that lags is told by the shards of which something is missing", async () => {
  const records = ["1", "2"].map((n) => ({
    ...{ shard: shards[0] as ShardKey, sequenceNumber: n, partitionKey: "p", arrivedAt: aMoment },
    data: Buffer.from("{"),
  }));
  const archive = await archiveOf(records.slice(0, 1));
  const scan = new ErasureScan(user);

  expect(await scan.advance(archive, headsOf(records, 9), "all")).toEqual([shards[0]]);
  await archive.write(records.slice(1));
  expect(await scan.advance(archive, headsOf(records, 9), "all")).toEqual([]);
});
