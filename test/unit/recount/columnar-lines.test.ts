import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import { columnarLines } from "#src/recount/columnar-lines.ts";
import { Recount } from "#src/recount/recount.ts";
import { ColumnarBlockBuilder } from "#src/wire/columnar-builder.ts";
import { columnarLines as linesOfPipeline } from "#src/wire/columnar-row.ts";
import { expandRecord, maxBlockBytes } from "#src/wire/play-record.ts";
import { someTime } from "#test/support/builders.ts";
import { anyPlay } from "#test/unit/wire/wire-plays.ts";

const blockOf = (plays: readonly Play[]): Uint8Array => {
  const builder = new ColumnarBlockBuilder((_, block) => block, 1000);
  const [block] = plays
    .map((play) => ({ ...play, userId: "user" }) as Play)
    .flatMap((play) => builder.add(play) ?? [])
    .concat(builder.flush());
  return block ?? new Uint8Array();
};

/** A block of plays, of which some may be none. */
const someBlock = fc
  .array(
    fc.oneof(
      anyPlay,
      anyPlay.map((play) => ({ ...play, mood: "m".repeat(65) })),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map(blockOf);
const damage = fc.array(fc.nat(), { maxLength: 3 });
const damaged = fc.tuple(someBlock, damage, fc.boolean()).map(([block, bits, isCut]) => {
  const data = block.slice();
  for (const each of bits) {
    const bit = each % (data.length * 8);
    data[bit >> 3] = (data[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  }
  return isCut ? data.subarray(0, (bits[0] ?? 0) % (data.length + 1)) : data;
});

test("reads the same lines as the pipeline does, or none of them", () => {
  fc.assert(
    fc.property(damaged, (data) => {
      if (data.length < 4 || data[0] !== 0x89) return;
      const lines = columnarLines(data);

      expect(lines?.map((line) => `${line}\n`).join("")).toBe(linesOfPipeline(data, maxBlockBytes));
    }),
    { numRuns: 500 },
  );
});

test("judges as many entries as the consumer has", () => {
  fc.assert(
    fc.property(damaged, fc.boolean(), (block, isPacked) => {
      const data = isPacked ? gzipSync(block) : block;
      const record = { sequenceNumber: "1", data, arrivedAt: someTime };
      const judged = new Recount(nodeRecordCodec).judge({ shard: "s", arrivedAt: someTime as EpochMs, data });

      const consumed = expandRecord(record, nodeRecordCodec).flatMap((entry, at) =>
        entry.kind === "play"
          ? [`${at} ${entry.play.eventId}`]
          : entry.chunk.chunk === 0
            ? [`${at} reject`]
            : [],
      );
      expect(judged.map(({ entry, play }) => `${entry} ${play?.id ?? "reject"}`)).toEqual(consumed);
    }),
    { numRuns: 300 },
  );
});
