import { hash } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { LocalStream, type LocalStreamOptions, TRIM_HORIZON } from "#local/stream/play-stream.ts";

const SHARD = "shardId-000000000000";
const ALL = { maxRecords: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
const root = mkdtempSync(join(tmpdir(), "earworm-stream-"));
let dir = "";
let nowMs = 0;

beforeEach(() => {
  dir = mkdtempSync(join(root, "t-"));
  nowMs = 1_790_000_000_000;
});

afterAll(() => rmSync(root, { recursive: true }));

function openStream(options: Partial<LocalStreamOptions> = {}): LocalStream {
  const defaults = { dir, name: "plays", shardCount: 1, retentionMs: 0, fsync: false, now: () => nowMs };
  return LocalStream.open({ ...defaults, ...options });
}

const record = (text: string, partitionKey = "u1") => ({ partitionKey, data: Buffer.from(text) });

const textOf = ({ data }: { data: Uint8Array }) => Buffer.from(data).toString();

function textsIn(stream: LocalStream, after = TRIM_HORIZON, shardId = SHARD): string[] {
  return stream.read(shardId, after, ALL).map(textOf);
}

function logFiles(inDir = dir): string[] {
  const shardDir = join(inDir, SHARD);
  return readdirSync(shardDir)
    .sort()
    .map((name) => join(shardDir, name));
}

function lastFile(inDir = dir): string {
  return logFiles(inDir).at(-1) ?? "";
}

function flipByte(file: string, offset: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 0xff, offset);
  writeFileSync(file, bytes);
}

describe("order and content", () => {
  test("records come back as they were put, in order", () => {
    const stream = openStream();
    const data = Buffer.from([0, 255, 10, 13]);

    const [first, second] = stream.put([record("a", "kéy 🎵"), { partitionKey: "u2", data }]);

    const records = stream.read(SHARD, TRIM_HORIZON, ALL);
    expect(records).toEqual([
      {
        sequenceNumber: first?.sequenceNumber,
        partitionKey: "kéy 🎵",
        data: Buffer.from("a"),
        approximateArrivalTimestamp: nowMs,
      },
      {
        sequenceNumber: second?.sequenceNumber,
        partitionKey: "u2",
        data,
        approximateArrivalTimestamp: nowMs,
      },
    ]);
  });

  test("whatever is put is read back in order per shard, also after reopening", () => {
    const batch = fc.array(
      fc.record({ partitionKey: fc.string({ minLength: 1 }), data: fc.uint8Array({ maxLength: 3_000 }) }),
      { maxLength: 40 },
    );
    const limits = fc.record({
      maxRecords: fc.integer({ min: 1, max: 20 }),
      maxBytes: fc.integer({ min: 1, max: 9_000 }),
    });

    const property = fc.property(fc.array(batch, { maxLength: 8 }), limits, (batches, readLimits) => {
      const options = {
        dir: mkdtempSync(join(root, "p-")),
        shardCount: 3,
        maxFileBytes: 10_000,
      };
      const expected = new Map<string, { sequenceNumber: string; partitionKey: string; data: string }[]>();
      const kept = openStream(options);
      for (const records of batches) {
        for (const [i, { shardId, sequenceNumber }] of kept.put(records).entries()) {
          const { partitionKey = "", data = new Uint8Array() } = records[i] ?? {};
          const entry = { sequenceNumber, partitionKey, data: Buffer.from(data).toString("hex") };
          expected.set(shardId, [...(expected.get(shardId) ?? []), entry]);
        }
      }

      const whileOpen = kept.shardIds.map((id) => readPaged(kept, id, readLimits));
      kept.close();
      const again = openStream(options);
      const reopened = again.shardIds.map((id) => readPaged(again, id, readLimits));
      again.close();

      expect(whileOpen).toEqual(again.shardIds.map((id) => expected.get(id) ?? []));
      expect(reopened).toEqual(whileOpen);
    });
    fc.assert(property, { numRuns: 60 });
  });

  test("sequence numbers have 56 digits, rise in string order and differ between shards", () => {
    const stream = openStream({ shardCount: 4 });

    const results = Array.from({ length: 30 }, (_, i) => stream.put([record("x", `u${i}`)])[0]);

    const numbers = results.map((result) => result?.sequenceNumber ?? "");
    expect(numbers.every((number) => /^49\d{54}$/.test(number))).toBe(true);
    expect(new Set(numbers).size).toBe(30);
    for (const id of stream.shardIds) {
      const ofShard = results.filter((result) => result?.shardId === id).map((r) => r?.sequenceNumber);
      expect(ofShard).toEqual([...ofShard].sort());
    }
  });

  test("an append tells listeners which shard until they leave", () => {
    const stream = openStream();
    const heard: string[] = [];
    const leave = stream.onAppend((shardId) => heard.push(shardId));

    stream.put([record("a"), record("b")]);
    leave();
    stream.put([record("c")]);

    expect(heard).toEqual([SHARD]);
  });

  test("a record that is too big is refused and nothing of its put is kept", () => {
    const stream = openStream();
    const tooBig = { partitionKey: "u1", data: Buffer.alloc(65 * 1024 * 1024) };

    expect(() => stream.put([record("a"), tooBig])).toThrow("is too big");
    expect(textsIn(stream)).toEqual([]);
  });
});

describe("shards", () => {
  const md5 = (key: string) => BigInt(`0x${hash("md5", key, "hex")}`);

  test("a record goes to the shard whose hash key range holds the MD5 of its key", () => {
    const stream = openStream({ shardCount: 3 });
    const keys = Array.from({ length: 200 }, (_, i) => `user-${i}-ö`);

    const results = stream.put(keys.map((key) => record("x", key)));

    for (const [i, { shardId }] of results.entries()) {
      const { startingHashKey, endingHashKey } = stream.hashKeyRange(shardId);
      const hashKey = md5(keys[i] ?? "");
      expect(hashKey >= BigInt(startingHashKey) && hashKey <= BigInt(endingHashKey)).toBe(true);
    }
    expect(new Set(results.map(({ shardId }) => shardId)).size).toBe(3);
  });

  test("three shards have the ranges Kinesis gives three shards", () => {
    const stream = openStream({ shardCount: 3 });

    const ranges = stream.shardIds.map((id) => Object.values(stream.hashKeyRange(id)));

    expect(ranges).toEqual([
      ["0", "113427455640312821154458202477256070484"],
      ["113427455640312821154458202477256070485", "226854911280625642308916404954512140969"],
      ["226854911280625642308916404954512140970", "340282366920938463463374607431768211455"],
    ]);
  });

  test("an explicit hash key takes the place of the partition key's hash", () => {
    const stream = openStream({ shardCount: 3 });
    const hashKeys = stream.shardIds.flatMap((id) => Object.values(stream.hashKeyRange(id)));

    const results = stream.put(hashKeys.map((explicitHashKey) => ({ ...record("x"), explicitHashKey })));

    const [a, b, c] = stream.shardIds;
    expect(results.map(({ shardId }) => shardId)).toEqual([a, a, b, b, c, c]);
  });

  test.each(["-1", "1e3", "", "340282366920938463463374607431768211456"])(
    "the explicit hash key %j is refused",
    (explicitHashKey) => {
      const stream = openStream();

      expect(() => stream.put([{ ...record("x"), explicitHashKey }])).toThrow("explicit hash key");
    },
  );

  test("a directory with another number of shards is refused, naming both", () => {
    openStream({ shardCount: 2 }).close();

    expect(() => openStream({ shardCount: 3 })).toThrow("has 2 shards, not 3");
  });

  test("a directory of another stream is refused, naming both", () => {
    openStream().close();

    expect(() => openStream({ name: "skips" })).toThrow("holds stream plays, not skips");
  });
});

describe("reopening", () => {
  test("a stream goes on behind its last record", () => {
    const before = openStream();
    const [first] = before.put([record("a")]);
    before.close();

    const after = openStream();
    const [second] = after.put([record("b")]);

    expect(textsIn(after)).toEqual(["a", "b"]);
    expect((second?.sequenceNumber ?? "") > (first?.sequenceNumber ?? "")).toBe(true);
  });

  test("a half-written last record is cut off at every length, and what was acknowledged before it stays", () => {
    const stream = openStream();
    stream.put([record("first"), record("second")]);
    const start = statSync(lastFile()).size;
    stream.put([record("the last one", "some key")]);
    const end = statSync(lastFile()).size;
    stream.close();

    for (let length = start; length < end; length += 1) {
      const copy = mkdtempSync(join(root, "c-"));
      cpSync(dir, copy, { recursive: true });
      truncateSync(lastFile(copy), length);
      const reopened = openStream({ dir: copy });
      reopened.put([record("next")]);
      const texts = textsIn(reopened);
      const { recoveries } = reopened;
      reopened.close();
      const again = openStream({ dir: copy });

      expect(texts).toEqual(["first", "second", "next"]);
      expect(recoveries.map(({ cutBytes }) => cutBytes)).toEqual(length > start ? [length - start] : []);
      expect(textsIn(again)).toEqual(texts);
      again.close();
    }
  });

  test("a sequence number that was cut off is not given again", () => {
    const stream = openStream();
    stream.put([record("a")]);
    const start = statSync(lastFile()).size;
    const [lost] = stream.put([record("lost in a power cut")]);
    stream.close();
    truncateSync(lastFile(), start + 10);

    const reopened = openStream();
    const [next] = reopened.put([record("b")]);

    expect((next?.sequenceNumber ?? "") > (lost?.sequenceNumber ?? "")).toBe(true);
    expect(textsIn(reopened, lost?.sequenceNumber)).toEqual(["b"]);
  });

  test("zeros behind the last record, as a power cut leaves them, are cut off", () => {
    const stream = openStream();
    stream.put([record("a")]);
    stream.close();
    appendFileSync(lastFile(), Buffer.alloc(5_000));

    const reopened = openStream();

    expect(textsIn(reopened)).toEqual(["a"]);
    expect(reopened.recoveries).toMatchObject([{ file: lastFile(), cutBytes: 5_000 }]);
  });

  test("damage at every byte of a record in the middle is an error that names the file and the offset", () => {
    const stream = openStream();
    stream.put([record("a")]);
    const start = statSync(lastFile()).size;
    stream.put([record("b")]);
    const end = statSync(lastFile()).size;
    stream.put([record("c")]);
    stream.close();

    for (let offset = start; offset < end; offset += 1) {
      flipByte(lastFile(), offset);
      expect(() => openStream()).toThrow(`${lastFile()} is corrupt at offset ${start}`);
      flipByte(lastFile(), offset);
    }
    expect(textsIn(openStream())).toEqual(["a", "b", "c"]);
  });

  test("damage in an earlier file is an error when it is read", () => {
    const stream = openStream({ maxFileBytes: 200 });
    for (const text of ["a", "b", "c", "d", "e", "f", "g", "h"]) stream.put([record(text)]);
    stream.close();
    const [first = ""] = logFiles();
    flipByte(first, statSync(first).size - 1);

    const reopened = openStream({ maxFileBytes: 200 });

    expect(() => textsIn(reopened)).toThrow(`${first} is corrupt at offset`);
  });

  test("an earlier file that lost its end is an error when it is read", () => {
    const stream = openStream({ maxFileBytes: 100 });
    stream.put([record("a"), record("b")]);
    const start = statSync(lastFile()).size;
    stream.put([record("c")]);
    stream.close();
    const [first = ""] = logFiles();
    truncateSync(first, start - (start - 64) / 2);

    const reopened = openStream({ maxFileBytes: 100 });

    expect(() => textsIn(reopened)).toThrow("record 2 is missing");
  });

  test("a file whose creation was interrupted is as if it had not been begun", () => {
    const stream = openStream();
    stream.put([record("a")]);
    stream.close();
    writeFileSync(join(dir, SHARD, "0000000000000002.log"), Buffer.alloc(63));

    const reopened = openStream();
    reopened.put([record("b")]);

    expect(textsIn(reopened)).toEqual(["a", "b"]);
  });

  test("a payload that holds a copy of a record does not look like a record behind a torn one", () => {
    const other = openStream({ dir: mkdtempSync(join(root, "o-")) });
    other.put([record("bait")]);
    const bait = readFileSync(lastFile(other.dir)).subarray(64);
    const stream = openStream();
    stream.put([record("a")]);
    stream.put([{ partitionKey: "u1", data: Buffer.concat([bait, bait]) }]);
    stream.close();
    truncateSync(lastFile(), statSync(lastFile()).size - 1);

    const reopened = openStream();

    expect(textsIn(reopened)).toEqual(["a"]);
  });

  test("shards without a description are refused", () => {
    openStream().close();
    rmSync(join(dir, "stream.json"));

    expect(() => openStream()).toThrow("has shards but no stream.json");
  });

  test("a stream that is closed refuses records", () => {
    const stream = openStream();
    stream.close();

    expect(() => stream.put([record("a")])).toThrow("stream plays is closed");
  });

  test("a stream with fsync keeps records like one without", () => {
    const stream = openStream({ fsync: true, maxFileBytes: 100 });
    stream.put([record("a")]);
    stream.put([record("b")]);
    stream.close();

    const reopened = openStream();

    expect(textsIn(reopened)).toEqual(["a", "b"]);
  });
});

describe("arrival time", () => {
  test("it never goes back with the clock, also not over a restart and a new file", () => {
    const options = { maxFileBytes: 100 };
    const stream = openStream(options);
    const startMs = nowMs;
    stream.put([record("a")]);
    nowMs = startMs - 60_000;
    stream.put([record("b")]);
    stream.close();
    const reopened = openStream(options);
    reopened.put([record("c")]);
    nowMs = startMs + 5;
    reopened.put([record("d")]);

    const arrivals = reopened.read(SHARD, TRIM_HORIZON, ALL).map((r) => r.approximateArrivalTimestamp);

    expect(arrivals).toEqual([startMs, startMs, startMs, startMs + 5]);
  });

  test("reading from a time begins at the first record that arrived then or later", () => {
    const stream = openStream({ maxFileBytes: 300 });
    const startMs = nowMs;
    for (let i = 0; i < 40; i += 1) {
      nowMs = startMs + 10 * Math.floor(i / 2);
      stream.put([record(String(i))]);
    }

    const firstFrom = (ms: number) => textsIn(stream, stream.positionAtTime(SHARD, ms))[0];

    expect(firstFrom(0)).toBe("0");
    expect(firstFrom(startMs + 100)).toBe("20");
    expect(firstFrom(startMs + 101)).toBe("22");
    expect(firstFrom(startMs + 190)).toBe("38");
    expect(firstFrom(startMs + 191)).toBeUndefined();
  });
});

describe("reading", () => {
  test("a read stops before it exceeds its limits but returns at least one record", () => {
    const stream = openStream();
    stream.put(["aaaa", "bbbb", "cccc", "dddd"].map((text) => record(text, "k")));

    const read = (maxRecords: number, maxBytes: number) =>
      stream.read(SHARD, TRIM_HORIZON, { maxRecords, maxBytes }).map(textOf);

    expect(read(3, 1_000)).toEqual(["aaaa", "bbbb", "cccc"]);
    expect(read(100, 14)).toEqual(["aaaa", "bbbb"]);
    expect(read(100, 1)).toEqual(["aaaa"]);
  });

  test("the size of a record can be counted otherwise", () => {
    const stream = openStream();
    stream.put(["a", "b", "c"].map((text) => record(text)));

    const records = stream.read(SHARD, TRIM_HORIZON, { maxRecords: 10, maxBytes: 200, sizeOf: () => 100 });

    expect(records.map(textOf)).toEqual(["a", "b"]);
  });

  test("records longer than a read chunk are read whole", () => {
    const stream = openStream();
    const sizes = [1, 70_000, 3_000_000, 5, 1_100_000];

    stream.put(sizes.map((size) => ({ partitionKey: "u1", data: Buffer.alloc(size, size % 251) })));

    const records = stream.read(SHARD, TRIM_HORIZON, ALL);
    expect(records.map(({ data }) => data.length)).toEqual(sizes);
    expect(records.every(({ data }) => data.every((byte) => byte === data.length % 251))).toBe(true);
  });

  test("reading at any record of a long file goes on behind it", () => {
    const stream = openStream({ maxFileBytes: 300_000 });
    const results = Array.from({ length: 50 }, (_, i) =>
      stream.put(Array.from({ length: 20 }, (_, j) => record(`${20 * i + j}`.padEnd(1_000)))),
    ).flat();
    stream.close();
    const reopened = openStream();

    const next = results.map(({ sequenceNumber }) =>
      reopened.read(SHARD, sequenceNumber, { maxRecords: 1, maxBytes: 1 }).map(textOf)[0]?.trim(),
    );

    expect(next).toEqual([...Array.from({ length: 999 }, (_, i) => String(i + 1)), undefined]);
  });

  test("records behind a sequence number can be counted", () => {
    const stream = openStream();
    const results = stream.put([record("a"), record("b"), record("c")]);

    const counts = [TRIM_HORIZON, ...results.map((r) => r.sequenceNumber)].map((after) =>
      stream.countAfter(SHARD, after),
    );

    expect(counts).toEqual([3, 2, 1, 0]);
  });

  test("a sequence number of another shard is refused", () => {
    const stream = openStream({ shardCount: 2 });
    const foreign = stream.startingSequenceNumber("shardId-000000000001");

    expect(() => stream.read(SHARD, foreign, ALL)).toThrow(`${foreign} is not a sequence number of ${SHARD}`);
    expect(() => stream.read("shardId-7", TRIM_HORIZON, ALL)).toThrow("has no shard shardId-7");
  });
});

describe("trimming", () => {
  function filled(retentionMs: number): { stream: LocalStream; numbers: string[] } {
    const stream = openStream({ retentionMs, maxFileBytes: 200 });
    const numbers = Array.from({ length: 20 }, (_, i) => {
      nowMs += 1_000;
      return stream.put([record(String(i))])[0]?.sequenceNumber ?? "";
    });
    return { stream, numbers };
  }

  test("only whole files that are consumed are deleted", () => {
    const { stream, numbers } = filled(0);
    const before = logFiles().length;
    nowMs += 1;

    stream.trim(SHARD, numbers[9] ?? "");

    const left = textsIn(stream);
    expect(logFiles().length).toBeLessThan(before);
    expect(Number(left[0])).toBeGreaterThan(4);
    expect(Number(left[0])).toBeLessThanOrEqual(10);
    expect(left.at(-1)).toBe("19");
  });

  test("what is consumed stays for the retention", () => {
    const { stream, numbers } = filled(15_000);

    stream.trim(SHARD, numbers[19] ?? "");

    const first = Number(textsIn(stream)[0]);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(5);
  });

  test("what was trimmed stays away over a restart, and numbers and times go on", () => {
    const { stream, numbers } = filled(0);
    const arrivedMs = nowMs;
    nowMs += 1;
    stream.trim(SHARD, numbers[19] ?? "");
    const left = textsIn(stream);
    stream.close();
    nowMs = 0;

    const reopened = openStream();
    const [next] = reopened.put([record("next")]);

    expect(textsIn(reopened)).toEqual([...left, "next"]);
    expect((next?.sequenceNumber ?? "") > (numbers[19] ?? "")).toBe(true);
    expect(reopened.read(SHARD, numbers[19] ?? "", ALL)[0]?.approximateArrivalTimestamp).toBe(arrivedMs);
    expect(logFiles().map((file) => basename(file))[0]).not.toBe("0000000000000001.log");
  });

  test("the horizon moves with the oldest record", () => {
    const { stream, numbers } = filled(0);
    nowMs += 1;

    stream.trim(SHARD, numbers[19] ?? "");

    expect(stream.countAfter(SHARD, TRIM_HORIZON)).toBe(textsIn(stream).length);
    expect(textsIn(stream, numbers[0])).toEqual(textsIn(stream));
  });
});

function readPaged(
  stream: LocalStream,
  shardId: string,
  limits: { maxRecords: number; maxBytes: number },
): { sequenceNumber: string; partitionKey: string; data: string }[] {
  const all: { sequenceNumber: string; partitionKey: string; data: string }[] = [];
  let after = TRIM_HORIZON;
  for (;;) {
    const page = stream.read(shardId, after, limits);
    for (const { sequenceNumber, partitionKey, data } of page) {
      all.push({ sequenceNumber, partitionKey, data: Buffer.from(data).toString("hex") });
    }
    const last = page.at(-1);
    if (last === undefined) return all;
    after = last.sequenceNumber;
  }
}
