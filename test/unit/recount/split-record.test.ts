import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { judge } from "#src/domain/play.ts";
import { Recount } from "#src/recount/recount.ts";
import { expandRecord, type RecordEntry } from "#src/wire/play-record.ts";
import { someTime } from "#test/support/builders.ts";
import { brokenText, mutatedPlay } from "./mutated-json.ts";

/** Where each entry of a record starts, and whether it is a play: as the consumer has it. */
function consumed(data: Uint8Array): readonly string[] {
  const record = { sequenceNumber: "1", data, arrivedAt: someTime };
  return expandRecord(record, nodeRecordCodec).flatMap((entry, at) => placeOf(entry, at));
}

function placeOf(entry: RecordEntry, at: number): readonly string[] {
  if (entry.kind === "play") return [`${at} play ${entry.play.eventId} ${judge(entry.play).qualified}`];
  return entry.chunk.chunk > 0 ? [] : [`${at} reject of ${entry.chunk.chunks}`];
}

/** The same as the recount has it. */
function recounted(data: Uint8Array, entries?: number): readonly string[] {
  const judged = new Recount(nodeRecordCodec).judge(
    { shard: "s", arrivedAt: someTime as EpochMs, data },
    entries,
  );
  return judged.map(({ entry, entries: places, play }) =>
    play === undefined ? `${entry} reject of ${places}` : `${entry} play ${play.id} ${play.qualified}`,
  );
}

const line = fc.oneof(
  { weight: 4, arbitrary: mutatedPlay },
  { weight: 1, arbitrary: brokenText(mutatedPlay) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "",
      " ",
      "\t\r",
      "!",
      "no play",
      "\u{feff}",
      "\u{feff}{}",
      "\v",
      "x".repeat(10_241),
      "é".repeat(9000),
    ),
  },
);
const bytesOfLines = fc
  .array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\n\n")), { maxLength: 8 })
  .map((lines) => Buffer.from(lines.flat().join("")));
/** Some of them are no UTF-8. */
const bytes = fc
  .tuple(
    bytesOfLines,
    fc.constantFrom("", "\u{feff}"),
    fc.option(fc.tuple(fc.nat(), fc.nat(255)), { nil: undefined }),
  )
  .map(([lines, mark, change]) => {
    const all = Buffer.concat([Buffer.from(mark), lines]);
    if (change !== undefined && all.length > 0) all[change[0] % all.length] = change[1];
    return all;
  });

test("a block has the same plays and rejects at the same places to both", () => {
  fc.assert(
    fc.property(bytes, (lines) => {
      const block = gzipSync(lines, { level: 1 });

      expect(recounted(block)).toEqual(consumed(block));
    }),
    { numRuns: 1000 },
  );
}, 60_000);

test("a record is the same to both, whatever its bytes are", () => {
  const broken = fc.tuple(bytes, fc.nat()).map(([lines, at]) => {
    const block = gzipSync(lines, { level: 1 });
    return block.subarray(0, at % block.length);
  });
  const any = fc.oneof(
    bytes,
    broken,
    fc.uint8Array({ maxLength: 30_000 }),
    fc.constant(Buffer.from([31, 139])),
  );
  fc.assert(
    fc.property(any, (data) => {
      expect(recounted(data)).toEqual(consumed(data));
    }),
    { numRuns: 500 },
  );
}, 60_000);

test.each<[string, string | Buffer]>([
  ["nothing", ""],
  ["white space", " \n"],
  ["a mark alone", "\u{feff}"],
  ["a play after a mark that is too long without its white space", `\u{feff}${" ".repeat(11_000)}{"a":1}`],
  ["white space of any kind around what is too long", `\u{a0}${" ".repeat(11_000)}{"a":1}\u{a0}`],
  ["a reject of two pieces", "x".repeat(10_241)],
  ["a reject of one piece", "x".repeat(10_240)],
  ["an empty block", gzipSync("")],
  ["a block of blank lines", gzipSync("\n \r\n\t\n")],
  ["a block of 8 MiB", gzipSync(Buffer.alloc(8 * 1024 * 1024, "\n"))],
  ["a block of 8 MiB and a byte", gzipSync(Buffer.alloc(8 * 1024 * 1024 + 1, "\n"))],
  ["a thousand bad lines", gzipSync("x\n".repeat(1000))],
  ["a thousand bad lines and one", gzipSync("x\n".repeat(1001))],
  [
    "many more bad lines, some of them no UTF-8",
    gzipSync(Buffer.concat([Buffer.from([0xff, 10]), Buffer.from("x\n".repeat(5000))])),
  ],
  ["two members", Buffer.concat([gzipSync("x\n"), gzipSync("y\n")])],
])("%s is the same to both", (_, raw) => {
  const data = Buffer.from(raw);

  expect(recounted(data)).toEqual(consumed(data));
});

test("what starts at the first places is judged, and nothing else is remembered", () => {
  const lines = ["a", `{"n":"${"x".repeat(25_000)}"}`, "b", "c"].join("\n");
  const block = gzipSync(lines);

  const upTo = (entries: number) => recounted(block, entries).length;

  expect(consumed(block)).toEqual(["0 reject of 1", "1 reject of 3", "4 reject of 1", "5 reject of 1"]);
  expect([0, 1, 2, 3, 4, 5, 6].map(upTo)).toEqual([0, 1, 2, 2, 2, 3, 4]);
});
