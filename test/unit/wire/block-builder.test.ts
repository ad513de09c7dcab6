import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeRecordCodec, sealBlock, sealBlockAsync } from "#src/adapters/kinesis/node-record-codec.ts";
import type { Play, UserId } from "#src/domain/play.ts";
import type { StreamRecord } from "#src/ports/play-stream.ts";
import { BlockBuilder } from "#src/wire/block-builder.ts";
import { LineBlockBuilder } from "#src/wire/line-block-builder.ts";
import { bucketCount, partitionKeyOf } from "#src/wire/partition-key.ts";
import { expandRecord } from "#src/wire/play-record.ts";
import { aPlay, someTime } from "#test/support/builders.ts";

const playsOf = ({ data }: StreamRecord): readonly Play[] =>
  expandRecord({ sequenceNumber: "1", data, arrivedAt: someTime }, nodeRecordCodec).flatMap((entry) =>
    entry.kind === "play" ? [entry.play] : [],
  );

test("a listener's bucket never changes", () => {
  expect(["user-1", "user-2", "ユーザー"].map((id) => partitionKeyOf(id as UserId))).toEqual([
    ...["b134", "b129", "b237"],
  ]);
});

test("listeners spread over all buckets", () => {
  const keys = Array.from({ length: 20_000 }, (_, i) => partitionKeyOf(`user-${i}` as UserId));

  expect(new Set(keys).size).toBe(bucketCount);
});

const builders: readonly [
  string,
  (size: number) => BlockBuilder<StreamRecord> | LineBlockBuilder<StreamRecord>,
][] = [
  ["texts", (size) => new BlockBuilder(sealBlock, size)],
  [
    "bytes",
    (size) => new LineBlockBuilder((key, lines) => ({ partitionKey: key, data: gzipSync(lines) }), size),
  ],
];

test.each(builders)(
  "of %s, every play comes out once, under its listener's key, in the order of the key",
  (_, create) => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(20), { maxLength: 300 }),
        fc.integer({ min: 1, max: 5000 }),
        (users, target) => {
          const plays = users.map((user) => aPlay({ userId: `user-${user}` }));
          const builder = create(target);

          const records = [...plays.flatMap((play) => builder.add(play) ?? []), ...builder.flush()];

          const byKey = Map.groupBy(plays, (play) => partitionKeyOf(play.userId));
          const found = Map.groupBy(records, (record) => record.partitionKey);
          expect(new Set(found.keys())).toEqual(new Set(byKey.keys()));
          for (const [key, expected] of byKey) expect(found.get(key)?.flatMap(playsOf)).toEqual(expected);
          expect(builder.flush()).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  },
);

test("a block is closed once it has reached its size", () => {
  const builder = new BlockBuilder((_, text, plays) => ({ text, plays }), 1000);

  const closed = Array.from({ length: 50 }, () => builder.add(aPlay())).filter(
    (block) => block !== undefined,
  );

  expect(closed.length).toBeGreaterThan(1);
  expect(
    closed.every(({ text, plays }) => text.length >= 1000 && text.split("\n").length === plays + 1),
  ).toBe(true);
});

test("blocks may be compressed elsewhere", async () => {
  const builder = new LineBlockBuilder(sealBlockAsync);
  const play = aPlay();
  builder.add(play);

  const [record] = await Promise.all(builder.flush());

  expect(record && playsOf(record)).toEqual([play]);
});
