import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { hash64 } from "#src/domain/hash64.ts";
import type { Play, UserId } from "#src/domain/play.ts";
import { type PlayRow, rowOf } from "#src/domain/play-row.ts";
import { ColumnarBlockBuilder } from "#src/wire/columnar-builder.ts";
import { decodeColumnarBlock } from "#src/wire/columnar-decoder.ts";
import { columnarRow } from "#src/wire/columnar-row.ts";
import { partitionKeyOf } from "#src/wire/partition-key.ts";
import { encodePlay, parsePlay } from "#src/wire/play-codec.ts";
import { expandRecord, maxBlockBytes, type RecordEntry, readRecord } from "#src/wire/play-record.ts";
import { aPlay, someTime } from "#test/support/builders.ts";
import { anyPlay, sha256 } from "./wire-plays.ts";

/** One block of all the plays, whoever their listeners are. */
function blockOf(plays: readonly Play[]): Uint8Array {
  const builder = new ColumnarBlockBuilder((_, block) => block, 1000);
  const oneBucket = plays.map((play) => ({ ...play, userId: "user" as UserId }));
  const sealed = [...oneBucket.flatMap((play) => builder.add(play) ?? []), ...builder.flush()];
  expect(sealed.length).toBe(1);
  return sealed[0] ?? new Uint8Array();
}

const ofOneUser = (plays: readonly Play[]): readonly Play[] =>
  plays.map((play) => ({ ...play, userId: "user" as UserId }));

const record = (data: Uint8Array) => ({ sequenceNumber: "7", data, arrivedAt: someTime });
const expand = (data: Uint8Array): readonly RecordEntry[] => expandRecord(record(data), nodeRecordCodec);
const playsIn = (data: Uint8Array): readonly Play[] =>
  expand(data).flatMap((entry) => (entry.kind === "play" ? [entry.play] : []));

const hexId = fc.stringMatching(/^[0-9a-f]{32}$/);
const somePlay = fc
  .tuple(anyPlay, fc.option(hexId, { nil: undefined }))
  .map(([play, id]) => (id === undefined ? play : ({ ...play, eventId: id } as Play)));

test("every play comes back whole and in order, in gzip or not", () => {
  fc.assert(
    fc.property(fc.array(somePlay, { minLength: 1, maxLength: 30 }), (plays) => {
      const block = blockOf(plays);

      expect(playsIn(block)).toEqual(ofOneUser(plays));
      expect(playsIn(gzipSync(block))).toEqual(ofOneUser(plays));
    }),
  );
});

test("listeners are in the block of their partition key, in the order of their plays", () => {
  const plays = fc.sample(somePlay, { numRuns: 500, seed: 3 });
  const builder = new ColumnarBlockBuilder((key, block, count) => ({ key, block, count }), 3);

  const sealed = [...plays.flatMap((play) => builder.add(play) ?? []), ...builder.flush()];

  const byKey = Map.groupBy(plays, (play) => partitionKeyOf(play.userId));
  expect(sealed.reduce((sum, { count }) => sum + count, 0)).toBe(plays.length);
  expect(sealed.every(({ count }) => count <= 3)).toBe(true);
  for (const [key, expected] of byKey) {
    const found = sealed.filter((each) => each.key === key).flatMap(({ block }) => playsIn(block));
    expect(found).toEqual(expected);
  }
});

const id = { hi: 0, lo: 0 };

/** What a row says, without where its play is kept and what dictionaries left on its names. */
const said = ({ source, place, user, track, platform, mood, country, ...values }: PlayRow): object => ({
  ...values,
  names: [user, track, platform, mood, country].map((name) => name?.value),
});

test("a row says what the play of its JSON says", () => {
  const unplain = fc.oneof(
    somePlay,
    anyPlay.map((play) => ({ ...play, startedAt: someTime + 3_600_001 }) as Play),
    anyPlay.map((play) => ({ ...play, mood: "m".repeat(65) }) as Play),
    anyPlay.map((play) => ({ ...play, track: { ...play.track, durationMs: 24 * 86_400_000 + 1 } }) as Play),
    anyPlay.map((play) => ({ ...play, track: { ...play.track, artist: `a${"\0"}b` } }) as unknown as Play),
    anyPlay.map((play) => ({ ...play, geo: { country: "Sweden" } }) as Play),
    anyPlay.map((play) => ({ ...play, msPlayed: 86_400_001 }) as Play),
    anyPlay.map((play) => ({ ...play, eventId: "no id" }) as unknown as Play),
    fc.nat(1024).map((units) => aPlay({ track: { title: "é".repeat(units), album: "a".repeat(700) } })),
  );
  fc.assert(
    fc.property(fc.array(unplain, { minLength: 1, maxLength: 20 }), (plays) => {
      const data = blockOf(plays);
      const block = decodeColumnarBlock(data, maxBlockBytes);
      if (!block.ok) throw new Error(block.error);
      const entries = readRecord(record(data), nodeRecordCodec);

      for (let row = 0; row < plays.length; row++) {
        const json = columnarRow(block.value, row);
        const decoded = parsePlay(json, someTime, sha256);
        const kind = entries.next();
        if (decoded.ok) {
          expect(kind).toBe("play");
          expect(said(entries.row)).toEqual(said(rowOf(decoded.value, hash64(decoded.value.eventId, id))));
          expect(entries.row.source.playAt(entries.row.place)).toEqual(decoded.value);
          expect(entries.row.source.eventIdAt(entries.row.place)).toBe(decoded.value.eventId);
        } else {
          expect(kind).toBe("reject");
          expect(entries.chunk.reason).toBe(`${decoded.error.field}: ${decoded.error.reason}`);
          expect(new TextDecoder().decode(entries.chunk.raw)).toBe(json);
        }
      }
      expect(entries.next()).toBeUndefined();
    }),
  );
});

test("an unknown version, a cut and a block that expands to more than 8 MiB are one reject each", () => {
  const block = blockOf([aPlay(), aPlay()]);
  const unknown = block.map((byte, at) => (at === 3 ? 2 : byte));
  // 65,537 rows would need 2 bytes a column if all columns were the same.
  const huge = Uint8Array.of(...block.subarray(0, 4), 0x81, 0x80, 0x04, 0, 0);

  const reasons = [unknown, block.subarray(0, -1), huge].map((data) =>
    expand(data).map((entry) => (entry.kind === "reject" ? entry.chunk.reason : "play")),
  );

  expect(reasons).toEqual([
    ["record: columnar block of version 2"],
    ["record: broken columnar block: it ends 1 bytes early"],
    ["record: block expands to more than 8388608 bytes"],
  ]);
});

describe("bytes that nobody meant", () => {
  const plays = fc.sample(somePlay, { numRuns: 30, seed: 11 });
  const block = blockOf(plays);

  test("flipped bits and cuts give entries, the same each time, and never throw", () => {
    const damage = fc.array(fc.tuple(fc.nat(block.length * 8 - 1), fc.boolean()), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(damage, fc.nat(block.length), (flips, cut) => {
        const data = block.slice();
        for (const [bit] of flips) data[bit >> 3] = (data[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        for (const bytes of [data, data.subarray(0, cut)]) {
          const entries = expand(bytes);
          expect(entries.length).toBeGreaterThan(0);
          expect(expand(bytes)).toEqual(entries);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("any bytes after the magic ones are rejects, or plays", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const data = Uint8Array.of(0x89, 0x45, 0x57, 1, ...bytes);

        expect(expand(data).length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  test("a rest that is nested deeper than a play's is a reject of its row, or of the block", () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    const reasons = (data: Uint8Array) =>
      expand(data).map((entry) => (entry.kind === "reject" ? entry.chunk.reason : "play"));
    const deepBlock = Buffer.from(blockOf([aPlay({ ext: { deep: "x".repeat(9998) } })]));
    deepBlock.write("[".repeat(5000) + "]".repeat(5000), deepBlock.indexOf('"xxx'));

    expect(reasons(blockOf([aPlay(), aPlay({ ext: { deep: nested(40) } })]))).toEqual([
      "play",
      expect.stringMatching(/^ext\.deep: expected at most 32 levels/),
    ]);
    expect(reasons(deepBlock)).toEqual([
      "record: broken columnar block: a rest that is no object, or a deep one",
    ]);
  });
});

test("a play that JSON and a columnar block hold is the same play", () => {
  const plays = ofOneUser(fc.sample(somePlay, { numRuns: 200, seed: 5 }));
  const json = gzipSync(plays.map(encodePlay).join("\n"));

  expect(playsIn(blockOf(plays))).toEqual(playsIn(json));
});
