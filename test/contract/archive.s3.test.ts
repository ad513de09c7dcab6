import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { nodeArchiveZip } from "#src/adapters/archive/node-archive-zip.ts";
import { S3Archive } from "#src/adapters/s3/s3-archive.ts";
import { StoreError } from "#src/domain/errors.ts";
import { anArchivedRecord, archivedRecords, hoursLater } from "#test/support/archived.ts";
import { archiveContract, everythingIn } from "./archive.contract.ts";
import { collect } from "./opened.ts";
import { type S3Double, s3DoubleWithClient } from "./s3-double.ts";

async function anArchive(bucket = "archive") {
  const { double, client, close } = await s3DoubleWithClient("archive");
  return { double, store: new S3Archive(client, bucket, nodeArchiveZip), close };
}

archiveContract("S3Archive", () => anArchive());

async function openedArchive(bucket?: string): Promise<{ archive: S3Archive; double: S3Double }> {
  const { double, store, close } = await anArchive(bucket);
  onTestFinished(close);
  return { archive: store, double };
}

test("a batch is one object, named by its first and last record, and coming again it replaces nothing", async () => {
  const { archive, double } = await openedArchive();

  await archive.write(archivedRecords(1, 3));
  const [before] = double.objects.values();
  await archive.write(archivedRecords(1, 3));

  const name = (n: number) => `0000000049590338271490256608${String(n).padStart(36, "0")}`;
  expect([...double.objects.keys()]).toEqual([
    `2026/11/21/09/plays/shardId-000000000000/${name(1)}-${name(3)}.ndjson.gz`,
  ]);
  expect(double.objects.values().next().value).toBe(before);
  expect(double.requests).toEqual(["PUT", "PUT"]);
});

test("a range is listed without the pages before and behind it", async () => {
  const { archive, double } = await openedArchive();
  for (let n = 0; n < 20; n++) await archive.write([anArchivedRecord(n, { arrivedAt: hoursLater(n) })]);
  double.objects.set("2026/11/21/21/README.md", Buffer.from("nothing of the archive's"));

  const listed = await archive.list({ from: hoursLater(10, 1), to: hoursLater(11, 1) });

  expect(listed.map(({ hour }) => hour)).toEqual([hoursLater(10), hoursLater(11)]);
  expect(double.requests.filter((request) => request === "LIST")).toHaveLength(1);
});

test.each([
  ["that is cut off", (bytes: Buffer) => bytes.subarray(0, -1), /the member at byte 0 is cut off$/],
  ["that is plain gzip", () => gzipSync("{}\n"), /no member of an archive, at byte 0$/],
])("an object %s is an error that names it", async (_, damage, reason) => {
  const { archive, double } = await openedArchive();
  await archive.write(archivedRecords(1, 3));
  for (const [key, bytes] of double.objects) double.objects.set(key, damage(bytes));

  const read = everythingIn(archive);

  await expect(read).rejects.toThrow(StoreError);
  await expect(read).rejects.toThrow(/^archive s3:\/\/archive\/2026\/11\/21\/09\/plays\//);
  await expect(read).rejects.toThrow(reason);
});

test("a bucket that is missing is an error that names it", async () => {
  const { archive } = await openedArchive("another");

  for (const work of [() => archive.list(), () => archive.write(archivedRecords(1, 2))]) {
    await expect(work()).rejects.toThrow(StoreError);
    await expect(work()).rejects.toThrow(/^archive s3:\/\/another\/.*NoSuchBucket/);
  }
});

test("an object that is missing is an error that names it", async () => {
  const { archive, double } = await openedArchive();
  await archive.write(archivedRecords(1, 3));
  const [object] = await archive.list();
  double.objects.clear();
  if (object === undefined) throw new Error("no object");

  await expect(collect(archive.read(object))).rejects.toThrow(/^archive s3:\/\/archive\/2026.*NoSuchKey/);
});
