import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { DirectoryArchive } from "#src/adapters/archive/directory-archive.ts";
import { nodeArchiveZip } from "#src/adapters/archive/node-archive-zip.ts";
import { type ArchivedRecord, readArchive } from "#src/domain/archive.ts";
import { StoreError } from "#src/domain/errors.ts";
import { encodeArchiveFile } from "#src/wire/archive-file.ts";
import { archivePath } from "#src/wire/archive-path.ts";
import {
  anArchivedRecord,
  anHour,
  archivedRecords,
  aSequenceNumber,
  aShard,
  hoursLater,
  numbersOf,
} from "#test/support/archived.ts";
import { archiveContract, everythingIn } from "./archive.contract.ts";
import { noise } from "./opened.ts";

function aDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), "earworm-archive-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

archiveContract("DirectoryArchive", () => {
  const dir = mkdtempSync(join(tmpdir(), "earworm-archive-"));
  const close = () => Promise.resolve(rmSync(dir, { recursive: true }));
  return Promise.resolve({ store: new DirectoryArchive(dir), close });
});

/** The file of the records from number 1 on. */
const fileIn = (dir: string): string =>
  join(dir, archivePath({ shard: aShard, hour: anHour, first: aSequenceNumber(1) }));

/** Three batches in one file; where each of its members begins, and where the last ends. */
async function threeBatches() {
  const dir = aDirectory();
  const archive = new DirectoryArchive(dir);
  const file = fileIn(dir);
  const ends = [0];
  for (const from of [1, 11, 21]) {
    await archive.write(archivedRecords(from, from + 9));
    ends.push(statSync(file).size);
  }
  return { dir, archive, file, ends };
}

const read = async (dir: string): Promise<number[]> =>
  numbersOf(await everythingIn(new DirectoryArchive(dir)));

const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

async function messageOf(work: () => Promise<unknown>): Promise<string> {
  const error = await work().then(
    () => new Error("nothing was thrown"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StoreError);
  return (error as StoreError).message;
}

describe("a file of the archive", () => {
  test("is one an hour and shard, and any gunzip reads it", async () => {
    const { dir, file } = await threeBatches();

    const lines = gunzipSync(readFileSync(file)).toString().split("\n");

    expect(readdirSync(dirname(file))).toHaveLength(1);
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => JSON.parse(line).text)).toEqual(upTo(30).map((n) => `{"play":${n}}`));
    execFileSync("gzip", ["-t", file]);
    expect(execFileSync("gzip", ["-dc", file]).toString()).toBe(`${lines.join("\n")}\n`);
    expect(await read(dir)).toEqual(upTo(30));
  });

  test("is compressed as what is in it: text also where blocks are among it, blocks as what has no repetitions", async () => {
    const asked: string[] = [];
    const deflateRaw = (bytes: Uint8Array, content: "text" | "packed") => {
      asked.push(content);
      return nodeArchiveZip.deflateRaw(bytes, content);
    };
    const encode = (records: readonly ArchivedRecord[]) =>
      encodeArchiveFile(records, { ...nodeArchiveZip, deflateRaw });
    const texts = archivedRecords(1, 1000);
    const blocks = archivedRecords(1, 100, { data: gzipSync(noise(5000)) });

    const text = await encode(texts);
    const packed = await encode(blocks);
    await encode([...texts, ...blocks.slice(0, 10)]);
    await encode(archivedRecords(1, 10, { data: noise(5000) }));
    await encode([...archivedRecords(1, 700, { data: gzipSync(noise(5000)) }), ...texts]);

    expect(asked).toEqual(["text", "packed", "text", "text", "packed", "text"]);
    expect(text.length).toBeLessThan(gunzipSync(text).length / 10);
    expect(packed.length).toBeLessThan(blocks.length * 5000 * 1.05);
    expect(packed.length).toBeGreaterThan(blocks.length * 5000);
  });

  test("that somebody deleted is made again at the next try", async () => {
    const { dir, archive, file } = await threeBatches();
    rmSync(dirname(file), { recursive: true });

    await archive.write(archivedRecords(31, 40)).catch(() => archive.write(archivedRecords(31, 40)));

    expect(await read(dir)).toEqual(upTo(40).slice(30));
  });

  test("goes on where another process left it", async () => {
    const { dir, file } = await threeBatches();

    await new DirectoryArchive(dir).write(archivedRecords(31, 33));

    expect(readdirSync(dirname(file))).toHaveLength(1);
    expect(await read(dir)).toEqual(upTo(33));
  });

  test("may be cut off anywhere: readers get its whole members, and the next write goes on behind them", {
    timeout: 120_000,
  }, async () => {
    const { file, ends } = await threeBatches();
    const whole = readFileSync(file);
    const [, first = 0, second = 0, third = 0] = ends;
    const cuts = [...upTo(60), ...upTo(40).map((i) => second + i), first, second, third - 1, third - 8];

    for (const cut of cuts) {
      const dir = aDirectory();
      const torn = fileIn(dir);
      mkdirSync(dirname(torn), { recursive: true });
      writeFileSync(torn, whole.subarray(0, cut));
      const kept = ends.filter((end) => end > 0 && end <= cut).length * 10;

      expect(await read(dir), `cut at ${cut}`).toEqual(upTo(kept));
      await new DirectoryArchive(dir).write(archivedRecords(kept + 1, 40));
      expect(await read(dir), `written on behind ${cut}`).toEqual(upTo(40));
      execFileSync("gzip", ["-t", torn]);
    }
  });

  test.each([
    ["in its last write", -3, 2],
    ["in its first write", 20, 0],
    ["to nothing", 0, 0],
  ])("that was cut off %s, and has a later one of its shard, is damage", async (_, at, member) => {
    const { dir, archive, file, ends } = await threeBatches();
    await archive.write(archivedRecords(31, 40, { arrivedAt: hoursLater(1) }));
    truncateSync(file, at < 0 ? (ends[3] ?? 0) + at : at);

    const message = await messageOf(() => read(dir));

    expect(message).toBe(`archive ${file}: the member at byte ${ends[member]} is cut off`);
  });

  test("that was the newest when the archive was listed may be cut off, whatever is written since", async () => {
    const { dir, archive, file, ends } = await threeBatches();
    const reader = new DirectoryArchive(dir);
    const [object] = await reader.list();
    if (object === undefined) throw new Error("no object");
    await archive.write(archivedRecords(31, 40, { arrivedAt: hoursLater(1) }));
    truncateSync(file, (ends[3] ?? 0) - 3);

    const found: ArchivedRecord[] = [];
    for await (const record of reader.read(object)) found.push(record);
    expect(numbersOf(found)).toEqual(upTo(20));
  });

  test("that was cut off in a large write and goes on with a small one has nothing behind it", async () => {
    const { dir, archive, file } = await threeBatches();
    await archive.write([anArchivedRecord(31, { data: noise(100_000) })]);
    truncateSync(file, statSync(file).size - 1);

    await new DirectoryArchive(dir).write([anArchivedRecord(31)]);

    expect(await read(dir)).toEqual(upTo(31));
  });

  test("is mended by the process that saw it cut off, too", async () => {
    const { dir, archive, file, ends } = await threeBatches();
    truncateSync(file, (ends[3] ?? 0) - 3);

    await archive.write(archivedRecords(21, 35));

    expect(await read(dir)).toEqual(upTo(35));
  });

  test.each([
    ["the first header", 3, /header|member/, 0],
    ["a length", 16, /header of a member is damaged, at byte 0$/, 0],
    ["the first member", 60, /member at byte 0 is damaged$/, 0],
    ["a checksum", -6, /is damaged$/, undefined],
  ])("that is damaged in %s is an error that names the file and the place", async (_, at, reason, offset) => {
    const { dir, file } = await threeBatches();
    const bytes = readFileSync(file);
    const place = at < 0 ? bytes.length + at : at;
    bytes[place] = (bytes[place] ?? 0) ^ 0x55;
    writeFileSync(file, bytes);

    const message = await messageOf(() => read(dir));

    expect(message).toContain(`archive ${file}: `);
    expect(message).toMatch(reason);
    if (offset !== undefined) expect(message).toContain(`at byte ${offset}`);
  });

  test("that is damaged before its end is not taken for one that was cut off, and stays as it is", async () => {
    const { dir, file, ends } = await threeBatches();
    const bytes = readFileSync(file);
    bytes.writeUInt32LE(0x7fff_ffff, (ends[1] ?? 0) + 16); // a member's length
    writeFileSync(file, bytes);

    const message = await messageOf(() => new DirectoryArchive(dir).write(archivedRecords(31, 40)));

    expect(message).toBe(`archive ${file}: the header of a member is damaged, at byte ${ends[1]}`);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  test("with something else behind its members is refused", async () => {
    const { dir, file, ends } = await threeBatches();
    appendFileSync(file, "something else");

    const message = `archive ${file}: no member of an archive, at byte ${ends[3]}`;
    expect(await messageOf(() => read(dir))).toBe(message);
    expect(await messageOf(() => new DirectoryArchive(dir).write(archivedRecords(31, 40)))).toBe(message);
  });

  test("stays as it was when it is rewritten and something fails before the end", async () => {
    const { dir, archive, file } = await threeBatches();
    mkdirSync(`${file}.tmp`);
    const [object] = await archive.list();
    if (object === undefined) throw new Error("no object");

    const message = await messageOf(() => archive.rewrite(object, archivedRecords(1, 2)));

    expect(message).toBe(`archive ${file}: EISDIR: illegal operation on a directory`);
    expect(await read(dir)).toEqual(upTo(30));
  });
});

describe("what is no archive, or a damaged one, is one line that names the path", () => {
  const withFile = async (content: Uint8Array | string): Promise<readonly [dir: string, file: string]> => {
    const dir = aDirectory();
    mkdirSync(dirname(fileIn(dir)), { recursive: true });
    writeFileSync(fileIn(dir), content);
    return await Promise.resolve([dir, fileIn(dir)]);
  };
  const lineOf = async (changes: object): Promise<string> => {
    const file = await encodeArchiveFile([anArchivedRecord(1)], nodeArchiveZip);
    return JSON.stringify({ ...JSON.parse(gunzipSync(file).toString()), ...changes });
  };
  /** A member that holds this instead of lines. */
  const member = async (text: string): Promise<Uint8Array> => {
    const deflateRaw = () => nodeArchiveZip.deflateRaw(Buffer.from(text), "text");
    const bytes = Buffer.from(
      await encodeArchiveFile([anArchivedRecord(1)], { ...nodeArchiveZip, deflateRaw }),
    );
    bytes.writeUInt32LE(nodeArchiveZip.crc32(Buffer.from(text)), bytes.length - 8);
    bytes.writeUInt32LE(Buffer.byteLength(text), bytes.length - 4);
    return bytes;
  };

  test("a missing directory", async () => {
    const dir = join(aDirectory(), "missing");

    expect(await messageOf(() => read(dir))).toBe(`archive ${dir}: ENOENT: no such file or directory`);
  });

  test("a file in place of the directory", async () => {
    const file = join(aDirectory(), "file");
    writeFileSync(file, "");

    expect(await messageOf(() => read(file))).toBe(`archive ${file}: ENOTDIR: not a directory`);
    expect(await messageOf(() => new DirectoryArchive(file).write(archivedRecords(1, 2)))).toMatch(
      new RegExp(`^archive ${file}: EEXIST: `),
    );
  });

  test("a directory in place of a file", async () => {
    const dir = aDirectory();
    mkdirSync(fileIn(dir), { recursive: true });

    const message = `archive ${fileIn(dir)}: EISDIR: illegal operation on a directory`;
    expect(await messageOf(() => read(dir))).toBe(message);
    expect(await messageOf(() => new DirectoryArchive(dir).write(archivedRecords(2, 3)))).toBe(message);
  });

  test.skipIf(process.getuid?.() === 0)("a file or a directory that may not be read", async () => {
    const { dir, file } = await threeBatches();

    chmodSync(file, 0);
    expect(await messageOf(() => read(dir))).toBe(`archive ${file}: EACCES: permission denied`);
    chmodSync(dirname(file), 0);
    const message = `archive ${dirname(file)}: EACCES: permission denied`;
    expect(await messageOf(() => read(dir))).toBe(message);
    chmodSync(dirname(file), 0o700);
  });

  test("plain gzip", async () => {
    const [dir, file] = await withFile(gzipSync("{}\n"));

    expect(await messageOf(() => read(dir))).toBe(`archive ${file}: no member of an archive, at byte 0`);
  });

  test("no gzip", async () => {
    const [dir, file] = await withFile("hello");

    expect(await messageOf(() => read(dir))).toBe(`archive ${file}: no member of an archive, at byte 0`);
  });

  test("half a line", async () => {
    const [dir, file] = await withFile(await member('{"schema":"arch'));

    expect(await messageOf(() => read(dir))).toBe(`archive ${file}: the last line has no end, at byte 0`);
  });

  test("a line that is none", async () => {
    const [dir, file] = await withFile(await member("hello\n"));

    expect(await messageOf(() => read(dir))).toBe(`archive ${file}: no line of archive.v1: hello, at byte 0`);
  });

  test("another schema version", async () => {
    const line = await lineOf({ schema: "archive.v2" });
    const [dir, file] = await withFile(await member(`${line}\n`));

    expect(await messageOf(() => read(dir))).toContain(
      `archive ${file}: no line of archive.v1: {"schema":"archive.v2",`,
    );
  });

  test("an empty file has no records and can be written to", async () => {
    const [dir] = await withFile("");

    expect(await read(dir)).toEqual([]);
    await new DirectoryArchive(dir).write(archivedRecords(1, 3));
    expect(await read(dir)).toEqual(upTo(3));
  });
});

test("records that come again after their file was taken away are read in their place", async () => {
  const dir = aDirectory();
  const archive = new DirectoryArchive(dir);
  await archive.write(archivedRecords(1, 10));
  await archive.write(archivedRecords(11, 20, { arrivedAt: hoursLater(1) }));
  await archive.write(archivedRecords(21, 30));
  await archive.write(archivedRecords(31, 40, { arrivedAt: hoursLater(1) }));
  rmSync(fileIn(dir));

  const again = new DirectoryArchive(dir);
  await again.write(archivedRecords(1, 5, { arrivedAt: hoursLater(1) })); // its clock stepped back, too
  await again.write(archivedRecords(6, 10, { arrivedAt: hoursLater(1) }));
  await again.write(archivedRecords(41, 45, { arrivedAt: hoursLater(1) }));

  expect(await read(dir)).toEqual(upTo(45));
});

test("files that are none of the archive's are not looked at", async () => {
  const { dir, file } = await threeBatches();
  const hour = join(dir, "2026/11/21/09");
  for (const path of ["README.md", "2026/notes.txt", "2026/11/21/09/.hidden"])
    writeFileSync(join(dir, path), "x");
  mkdirSync(join(hour, "plays/lost+found/more"), { recursive: true });
  writeFileSync(`${file}.tmp`, "half written");

  expect(await read(dir)).toEqual(upTo(30));
});

test("an archive that was copied from a bucket, an object for each batch, reads the same", async () => {
  const dir = aDirectory();
  for (const [from, to] of [
    [1, 5],
    [4, 9],
    [10, 12],
  ] as const) {
    const object = { shard: aShard, hour: anHour, first: aSequenceNumber(from) };
    const path = join(dir, archivePath(object, aSequenceNumber(to)));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await encodeArchiveFile(archivedRecords(from, to), nodeArchiveZip));
  }

  expect(await read(dir)).toEqual(upTo(12));
});

test("hours that ended before a time are deleted with their folders, and writing goes on", async () => {
  const dir = aDirectory();
  const archive = new DirectoryArchive(dir);
  for (let n = 1; n <= 3; n++) await archive.write([anArchivedRecord(n, { arrivedAt: hoursLater(n - 1) })]);

  await archive.deleteBefore(hoursLater(2, -1));
  const kept = await read(dir);
  await archive.deleteBefore(hoursLater(3));
  const isGone = !existsSync(join(dir, "2026"));
  await archive.write([anArchivedRecord(4, { arrivedAt: hoursLater(2) })]);

  expect(kept).toEqual([2, 3]);
  expect(isGone).toBe(true);
  expect(await read(dir)).toEqual([4]);
});

test("a large file is read member by member", async () => {
  const dir = aDirectory();
  const archive = new DirectoryArchive(dir);
  for (let n = 0; n < 40; n++) await archive.write(archivedRecords(n * 100 + 1, n * 100 + 100));
  let records = 0;

  for await (const _ of readArchive(archive)) {
    records += 1;
    if (records === 150) break;
  }

  expect(records).toBe(150);
  expect(await read(dir)).toHaveLength(4000);
});
