import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import {
  expandRecord,
  maxBlockBytes,
  maxBlockRejects,
  maxPlayBytes,
  type RecordEntry,
  rejectChunkBytes,
} from "#src/wire/play-record.ts";
import { aPlay, someTime } from "#test/support/builders.ts";
import { anyPlay } from "./wire-plays.ts";

const expand = (data: Uint8Array | string): readonly RecordEntry[] =>
  expandRecord({ sequenceNumber: "42", data: Buffer.from(data), arrivedAt: someTime }, nodeRecordCodec);

const summary = (entries: readonly RecordEntry[]): readonly string[] =>
  entries.map((entry) => (entry.kind === "play" ? entry.play.eventId : entry.chunk.reason));

/** The raw bytes of the rejects, chunks joined again. */
const rawOf = (entries: readonly RecordEntry[]): Buffer =>
  Buffer.concat(entries.flatMap((entry) => (entry.kind === "reject" ? [entry.chunk.raw] : [])));

const line = (eventId: string): string => encodePlay(aPlay({ eventId }));

test("a record is one JSON play, with or without white space and a byte order mark", () => {
  const play = aPlay();

  for (const text of [encodePlay(play), `${encodePlay(play)}\r\n`, `\ufeff${encodePlay(play)}`]) {
    expect(expand(text)).toEqual([{ kind: "play", play }]);
  }
});

test("a block is its plays in their order", () => {
  fc.assert(
    fc.property(fc.array(anyPlay, { minLength: 1, maxLength: 20 }), (plays) => {
      const block = gzipSync(plays.map(encodePlay).join("\n"));

      expect(expand(block)).toEqual(plays.map((play) => ({ kind: "play", play })));
    }),
    { numRuns: 30 },
  );
});

test("line ends of either kind, blank lines and a missing last line end are fine", () => {
  expect(summary(expand(gzipSync(`\ufeff${line("a")}\r\n\r\n \n\n${line("b")}\n${line("c")}`)))).toEqual([
    "a",
    "b",
    "c",
  ]);
});

test("a bad line is a reject with its bytes, and the lines around it are plays", () => {
  const bad = Buffer.from('{"user_id":"\xff"}', "latin1");
  const blocks = [
    Buffer.concat([Buffer.from(`${line("a")}\n`), bad, Buffer.from(`\n${line("b")}\n`)]),
    Buffer.from(`${line("a")}\n{"user_id":}\n${line("b")}`),
  ];

  const [notUtf8 = [], notJson = []] = blocks.map((block) => expand(gzipSync(block)));

  expect(summary(notUtf8)).toEqual(["a", "record: not UTF-8", "b"]);
  expect(rawOf(notUtf8)).toEqual(bad);
  expect(summary(notJson)).toEqual(["a", expect.stringMatching(/^record: not JSON: /), "b"]);
  expect(rawOf(notJson).toString()).toBe('{"user_id":}');
});

test("a reject has an entry for each 10 KiB, and only the first says why", () => {
  const long = "x".repeat(2 * rejectChunkBytes + 1);

  const entries = expand(gzipSync(`${line("a")}\n${long}\n${line("b")}`));

  expect(summary(entries)).toEqual(["a", expect.stringContaining("10240 bytes"), "", "", "b"]);
  expect(entries.slice(1, 4)).toMatchObject(
    [0, 1, 2].map((chunk) => ({
      chunk: { sequenceNumber: "42", entry: 1, chunk, chunks: 3, arrivedAt: someTime },
    })),
  );
  expect(rawOf(entries).toString()).toBe(long);
});

test("a line of 10,240 bytes is a play, with a carriage return or without; one more is not", () => {
  const around = encodePlay(aPlay({ ext: { a: "" } })).length;
  const sized = (bytes: number): string => encodePlay(aPlay({ ext: { a: "x".repeat(bytes - around) } }));
  const fits = sized(maxPlayBytes);
  expect(fits).toHaveLength(maxPlayBytes);

  expect(expand(gzipSync(`${fits}\r\n`))[0]?.kind).toBe("play");
  expect(expand(`${fits}\n`)[0]?.kind).toBe("play");
  expect(expand(gzipSync(sized(maxPlayBytes + 1)))[0]?.kind).toBe("reject");
});

test("a block of 8 MiB expands, a larger one is a reject of the record", () => {
  const filled = Buffer.alloc(maxBlockBytes, " ");
  filled.write(line("a"));
  const tooLarge = gzipSync(Buffer.concat([filled, Buffer.from("\n")]));

  expect(summary(expand(gzipSync(filled)))).toEqual([
    expect.stringContaining("10240 bytes"),
    ...Array(819).fill(""),
  ]);
  expect(summary(expand(tooLarge))[0]).toBe("record: block expands to more than 8388608 bytes");
  expect(rawOf(expand(tooLarge))).toEqual(tooLarge);
});

test.each([
  ["nothing", Buffer.alloc(0), "record: empty"],
  ["white space", Buffer.from(" \n"), "record: not JSON"],
  ["a block of nothing", gzipSync("\n\r\n"), "record: block without plays"],
  ["half a block", gzipSync(line("a")).subarray(0, 40), "record: broken gzip"],
  ["bytes that are no text", Buffer.from([0xc3, 0x28]), "record: not UTF-8"],
  ["a number", Buffer.from("7"), "record: expected an object, got 7"],
])("%s is a reject of the record", (_, data, reason) => {
  const entries = expand(data);

  expect(entries).toHaveLength(1);
  expect(summary(entries)[0]).toContain(reason);
  expect(rawOf(entries)).toEqual(Buffer.from(data));
});

test("no bytes throw, and the same bytes always give the same entries", () => {
  const block = gzipSync(["a", "b", "c"].map(line).join("\n"));
  const mutated = fc
    .array(fc.tuple(fc.nat(block.length - 1), fc.nat(255)), { maxLength: 4 })
    .map((changes) => changes.reduce((bytes, [at, byte]) => bytes.with(at, byte), new Uint8Array(block)));
  const expanded = fc.uint8Array({ maxLength: 2000 }).map((bytes) => gzipSync(bytes));
  const cut = fc.nat(block.length).map((length) => block.subarray(0, length));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 30_000 }), mutated, expanded, cut), (data) => {
      const entries = expand(data);

      expect(entries.length).toBeGreaterThan(0);
      expect(expand(data)).toEqual(entries);
    }),
    { numRuns: 500 },
  );
});

test.each([maxBlockBytes - 1, maxBlockBytes])("a block that expands to %d bytes is read", (bytes) => {
  const filled = Buffer.alloc(bytes, " \n");
  filled.write(`${line("a")}\n`);

  expect(summary(expand(gzipSync(filled)))).toEqual(["a"]);
});

test.each([maxBlockRejects - 1, maxBlockRejects])(
  "%d bad lines of a block are that many rejects",
  (rejects) => {
    const bad = Array.from({ length: rejects }, () => "1");

    const entries = expand(gzipSync([...bad, line("a")].join("\n")));

    expect(entries.filter(({ kind }) => kind === "reject")).toHaveLength(rejects);
    expect(summary(entries).at(-1)).toBe("a");
  },
);

test("one bad line more than are listed is one more reject, of the whole block", () => {
  const block = gzipSync(Array.from({ length: maxBlockRejects + 1 }, () => "1").join("\n"));

  const entries = expand(block);

  expect(entries).toHaveLength(maxBlockRejects + 1);
  expect(summary(entries).at(-1)).toBe("record: 1 more lines are no plays");
});

test.each([
  [rejectChunkBytes - 1, 1],
  [rejectChunkBytes, 1],
  [rejectChunkBytes + 1, 2],
])("a reject of %d bytes is in %d pieces", (bytes, pieces) => {
  expect(expand("x".repeat(bytes))).toHaveLength(pieces);
});

test("a block of nothing but bad lines has a thousand rejects and one for the rest, and its plays count all the same", () => {
  const bad = Array.from({ length: 200_000 }, () => "1");
  const block = gzipSync([...bad, line("e1"), "2"].join("\n"));

  const entries = expand(block);

  expect(entries.filter((entry) => entry.kind === "play")).toHaveLength(1);
  expect(entries).toHaveLength(maxBlockRejects + 2);
  const last = entries.at(-1);
  expect(last?.kind === "reject" && last.chunk.reason).toBe("record: 199001 more lines are no plays");
  expect(last?.kind === "reject" && Buffer.from(last.chunk.raw).equals(block)).toBe(true);
});
