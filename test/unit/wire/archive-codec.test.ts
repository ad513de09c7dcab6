import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodeArchiveZip as zip } from "#src/adapters/archive/node-archive-zip.ts";
import type { ArchivedRecord } from "#src/domain/archive.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import { decodeArchiveLine, encodeArchiveLine } from "#src/wire/archive-codec.ts";
import { anArchivedRecord } from "#test/support/archived.ts";

const kinds = ["play", "unqualified", "duplicate", "reject", "piece"] as const;

const anyData = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.string({ unit: "binary" }).map((text) => new TextEncoder().encode(text)),
);
const anyRecord: fc.Arbitrary<ArchivedRecord> = fc.record(
  {
    shard: fc.constant(anArchivedRecord(0).shard),
    sequenceNumber: fc.stringMatching(/^[1-9]\d{0,55}$/),
    arrivedAt: fc.nat().map((ms) => ms as ArchivedRecord["arrivedAt"]),
    partitionKey: fc.string({ unit: "binary" }),
    data: anyData,
    erased: fc.array(
      fc.oneof(
        fc.record({ entry: fc.nat(), was: fc.constantFrom(...kinds) }),
        fc.record(
          {
            entry: fc.nat(),
            was: fc.constantFrom(...kinds),
            id: fc.constantFrom("0123456789abcdef", "ffffffffffffffff"),
            isMarked: fc.constant(true as const),
          },
          { requiredKeys: ["entry", "was", "id"] },
        ),
      ),
    ),
  },
  { requiredKeys: ["shard", "sequenceNumber", "arrivedAt", "partitionKey", "data"] },
);

const roundTrip = (record: ArchivedRecord): ArchivedRecord => {
  const decoded = decodeArchiveLine(encodeArchiveLine(record, zip), zip);
  return { ...decoded, data: Uint8Array.from(decoded.data) };
};

describe("a record as a line", () => {
  test("is one line and comes back as it was", () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(encodeArchiveLine(record, zip)).not.toContain("\n");
        expect(roundTrip(record)).toEqual(record);
      }),
    );
  });

  test.each([
    ["nothing", Uint8Array.of()],
    ["a byte order mark", Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
    ["invalid UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d)],
    ["a surrogate in UTF-8", Uint8Array.of(0xed, 0xa0, 0x80)],
    ["a gzip block", Uint8Array.from(gzipSync('{"a":1}\n'))],
    ["zero bytes and line ends", Uint8Array.of(0, 10, 13, 0x22, 0x5c)],
    ["line separators", new TextEncoder().encode("\u2028\u2029")],
  ])("keeps data that are %s, to the byte", (_, data) => {
    expect(roundTrip(anArchivedRecord(1, { data })).data).toEqual(data);
  });

  test("keeps half a surrogate pair in a key", () => {
    const partitionKey = "a\ud83cb\udfb5";

    expect(roundTrip(anArchivedRecord(1, { partitionKey })).partitionKey).toBe(partitionKey);
  });

  test("is readable where the data are text", () => {
    const line = encodeArchiveLine(anArchivedRecord(1), zip);

    expect(JSON.parse(line)).toEqual({
      schema: "archive.v1",
      shard: "plays/shardId-000000000000",
      seq: "49590338271490256608000000000000000000000000000000000001",
      at: 1_795_251_600_001,
      key: "listener-1",
      text: '{"play":1}',
    });
  });
});

describe("a line that is none", () => {
  const whole: object = JSON.parse(encodeArchiveLine(anArchivedRecord(1), zip));
  const line = (changes: object) => JSON.stringify({ ...whole, ...changes });

  test.each([
    ["empty", ""],
    ["half", line({}).slice(0, 60)],
    ["no object", "[1]"],
    ["null", "null"],
    ["a play", '{"user_id":"u"}'],
    ["of another schema", line({ schema: "archive.v2" })],
    ["of no schema", line({ schema: undefined })],
    ["without a shard", line({ shard: undefined })],
    ["without a sequence number", line({ seq: 17 })],
    ["with letters in its sequence number", line({ seq: "49x" })],
    ["without a time", line({ at: "now" })],
    ["with a time between two milliseconds", line({ at: 1.5 })],
    ["without a key", line({ key: null })],
    ["without data", line({ text: undefined })],
    ["with erased places that are no list", line({ erased: {} })],
    ["with an erased place that is no pair", line({ erased: [0] })],
    ["with an erased place of no kind", line({ erased: [[0, "song"]] })],
    ["with an erased place with half a hash", line({ erased: [[0, "play", "0123"]] })],
    [
      "with an erased place that is marked with no",
      line({ erased: [[0, "play", "0123456789abcdef", false]] }),
    ],
    ["with an erased place of too much", line({ erased: [[0, "play", "0123456789abcdef", true, 1]] })],
    ["with an erased place that is no number", line({ erased: [["0", "play"]] })],
  ])("is refused: %s", (_, text) => {
    expect(() => decodeArchiveLine(text, zip)).toThrow(CorruptStoreError);
    expect(() => decodeArchiveLine(text, zip)).toThrow(/^no line of archive\.v1: /);
  });
});
