import { describe, expect, test } from "vitest";
import type { EpochMs } from "#src/domain/play.ts";
import { origin, type Position, positionAt, type ShardKey } from "#src/domain/position.ts";
import type { Segment } from "#src/domain/segment.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { collect, namesInUtf8Order, noise, type Open, opened, shuffled } from "./opened.ts";

const shard = "plays/shardId-000000000000" as ShardKey;
const otherShard = "plays/shardId-000000000001" as ShardKey;
const expiresAt = 4_102_444_800_000 as EpochMs;
/** As Kinesis makes them: 56 digits, equal as JavaScript numbers. */
const kinesisSequences = [
  "49590338271490256608559692538361571095921575989136588898",
  "49590338271490256608559692538361571095921575989136588899",
  "49590338271490256608559692538361571095921575989136588900",
] as const;

interface SegmentWish {
  readonly shard?: ShardKey;
  readonly previous?: Position;
  readonly at?: Position;
  readonly plays?: number;
  readonly body?: Uint8Array;
}

function aSegment(wish: SegmentWish = {}): Segment {
  return {
    head: {
      shard: wish.shard ?? shard,
      position: wish.at ?? positionAt("1", 1),
      counts: { plays: wish.plays ?? 1, unqualified: 2, duplicates: 3, rejects: 4 },
      arrivedAt: 1_795_132_800_123 as EpochMs,
    },
    previous: wish.previous ?? origin,
    writtenAt: 1_795_132_800_456 as EpochMs,
    body: wish.body ?? new Uint8Array([1, 2, 3]),
  };
}

/** Linked segments, one at each position. */
function aChain(positions: readonly Position[], wish: SegmentWish = {}): Segment[] {
  return positions.map((at, index) => aSegment({ ...wish, at, previous: positions[index - 1] ?? origin }));
}

async function appendAll(store: SegmentStore, segments: readonly Segment[]): Promise<void> {
  for (const segment of segments) expect(await store.append(segment, expiresAt)).toBe("appended");
}

/** What every SegmentStore does. */
export function segmentStoreContract(name: string, open: Open<SegmentStore>): void {
  describe(`${name} as a SegmentStore`, () => {
    describe("append", () => {
      test("a shard without segments has no head and no segments", async () => {
        const store = await opened(open);

        const head = await store.readHead(shard);
        const heads = await store.readHeads();
        const segments = await collect(store.readRange(shard, origin, positionAt("9", 1)));

        expect(head).toBeUndefined();
        expect(heads).toEqual([]);
        expect(segments).toEqual([]);
      });

      test("a segment and its head come back as they were", async () => {
        const store = await opened(open);
        const segment = aSegment();

        const outcome = await store.append(segment, expiresAt);

        expect(outcome).toBe("appended");
        expect(await store.readHead(shard)).toEqual(segment.head);
        expect(await collect(store.readRange(shard, origin, segment.head.position))).toEqual([segment]);
      });

      test("the first segment conflicts where the shard already has a head, and changes nothing", async () => {
        const store = await opened(open);
        const [first, second] = [aSegment({ at: positionAt("1", 1) }), aSegment({ at: positionAt("2", 1) })];
        await appendAll(store, [first]);

        const outcome = await store.append(second, expiresAt);

        expect(outcome).toBe("conflict");
        expect(await store.readHead(shard)).toEqual(first.head);
        expect(await collect(store.readRange(shard, origin, positionAt("9", 1)))).toEqual([first]);
      });

      test("a segment that expects a head conflicts where the shard has none", async () => {
        const store = await opened(open);
        const segment = aSegment({ previous: positionAt("1", 1), at: positionAt("2", 1) });

        const outcome = await store.append(segment, expiresAt);

        expect(outcome).toBe("conflict");
        expect(await store.readHead(shard)).toBeUndefined();
        expect(await collect(store.readRange(shard, origin, positionAt("9", 1)))).toEqual([]);
      });

      test("a segment that was cut from an outdated head conflicts and leaves no trace", async () => {
        const store = await opened(open);
        const chain = aChain([positionAt("1", 1), positionAt("2", 1), positionAt("3", 1)]);
        await appendAll(store, chain);
        const late = aSegment({ previous: positionAt("1", 1), at: positionAt("4", 1), plays: 99 });

        const outcome = await store.append(late, expiresAt);

        expect(outcome).toBe("conflict");
        expect(await store.readHead(shard)).toEqual(chain[2]?.head);
        expect(await collect(store.readRange(shard, origin, positionAt("9", 1)))).toEqual(chain);
      });

      test("a second run of the same batch conflicts and does not overwrite the first", async () => {
        const store = await opened(open);
        const first = aSegment({ body: new Uint8Array([1]), plays: 1 });
        await appendAll(store, [first]);

        const again = await store.append(first, expiresAt);
        const other = await store.append(aSegment({ body: new Uint8Array([2]), plays: 2 }), expiresAt);

        expect([again, other]).toEqual(["conflict", "conflict"]);
        expect(await store.readHead(shard)).toEqual(first.head);
        expect(await collect(store.readRange(shard, origin, first.head.position))).toEqual([first]);
      });

      test("of appends that race from the same head exactly one wins, whole", async () => {
        const store = await opened(open);
        const start = aSegment({ at: positionAt("1", 1) });
        await appendAll(store, [start]);
        const racers = Array.from({ length: 8 }, (_, index) =>
          aSegment({
            previous: start.head.position,
            at: positionAt(String(10 + index), 1),
            plays: index,
            body: new Uint8Array([index]),
          }),
        );

        const outcomes = await Promise.all(racers.map((racer) => store.append(racer, expiresAt)));

        const winner = racers[outcomes.indexOf("appended")];
        expect(outcomes.filter((outcome) => outcome === "appended")).toHaveLength(1);
        expect(await store.readHead(shard)).toEqual(winner?.head);
        expect(await collect(store.readRange(shard, origin, positionAt("99", 1)))).toEqual([start, winner]);
      });

      test("two first segments that race leave one head and one segment", async () => {
        const store = await opened(open);
        const racers = [aSegment({ at: positionAt("1", 1) }), aSegment({ at: positionAt("2", 1) })];

        const outcomes = await Promise.all(racers.map((racer) => store.append(racer, expiresAt)));

        expect([...outcomes].sort()).toEqual(["appended", "conflict"]);
        expect(await collect(store.readRange(shard, origin, positionAt("9", 1)))).toEqual([
          racers[outcomes.indexOf("appended")],
        ]);
      });

      test("shards do not see each other", async () => {
        const store = await opened(open);
        const prefix = "plays/shardId-00000000000" as ShardKey;
        const mine = aSegment({ plays: 1 });
        const theirs = aSegment({ shard: otherShard, plays: 2 });
        const shorter = aSegment({ shard: prefix, plays: 3 });

        await appendAll(store, [mine, theirs, shorter]);

        for (const segment of [mine, theirs, shorter]) {
          expect(await store.readHead(segment.head.shard)).toEqual(segment.head);
          expect(await collect(store.readRange(segment.head.shard, origin, positionAt("9", 1)))).toEqual([
            segment,
          ]);
        }
      });

      test.each([
        ["of 256 KB that do not compress", noise(256 * 1024)],
        ["of 256 KB that compress well", new Uint8Array(256 * 1024).fill(7)],
        ["of one byte", new Uint8Array([0])],
        ["of no bytes", new Uint8Array(0)],
        ["with every byte value", Uint8Array.from({ length: 256 }, (_, index) => index)],
      ])("a body %s comes back byte for byte", async (_, body) => {
        const store = await opened(open);
        const segment = aSegment({ body });
        await appendAll(store, [segment]);

        const [forward] = await collect(store.readRange(shard, origin, segment.head.position));
        const [back] = await collect(store.readBack(shard, segment.head.position));

        expect(Buffer.compare(forward?.body ?? noise(1), body)).toBe(0);
        expect(Buffer.compare(back?.body ?? noise(1), body)).toBe(0);
      });

      test("a body that is a view into a larger buffer is stored without its surroundings", async () => {
        const store = await opened(open);
        const body = noise(1000).subarray(100, 110);
        const segment = aSegment({ body });

        await appendAll(store, [segment]);
        const [read] = await collect(store.readRange(shard, origin, segment.head.position));

        expect([...(read?.body ?? [])]).toEqual([...body]);
      });

      test("totals beyond 2^32 keep every digit", async () => {
        const store = await opened(open);
        const base = aSegment();
        const counts = {
          plays: Number.MAX_SAFE_INTEGER,
          unqualified: Number.MAX_SAFE_INTEGER - 1,
          duplicates: 2 ** 40 + 1,
          rejects: 0,
        };
        const segment = { ...base, head: { ...base.head, counts } };

        await appendAll(store, [segment]);

        expect((await store.readHead(shard))?.counts).toEqual(counts);
      });
    });

    describe("order", () => {
      test("sequence numbers of 56 digits that differ in the last one stay apart and in order", async () => {
        const store = await opened(open);
        const positions = kinesisSequences.map((sequence) => positionAt(sequence, 1));
        const chain = aChain(positions);
        await appendAll(store, chain);

        const all = await collect(store.readRange(shard, origin, positions[2] ?? origin));
        const afterFirst = await collect(
          store.readRange(shard, positions[0] ?? origin, positions[2] ?? origin),
        );

        expect(all).toEqual(chain);
        expect(afterFirst).toEqual(chain.slice(1));
        expect((await store.readHead(shard))?.position).toBe(positions[2]);
      });

      test("a head that differs in the 56th digit is a conflict", async () => {
        const store = await opened(open);
        await appendAll(store, [aSegment({ at: positionAt(kinesisSequences[0], 1) })]);
        const next = aSegment({
          previous: positionAt(kinesisSequences[1], 1),
          at: positionAt(kinesisSequences[2], 1),
        });

        const outcome = await store.append(next, expiresAt);

        expect(outcome).toBe("conflict");
      });

      test("a shorter sequence number comes before a longer one", async () => {
        const store = await opened(open);
        const chain = aChain([positionAt("9", 1), positionAt("10", 1), positionAt("100", 1)]);
        await appendAll(store, chain);

        const segments = await collect(store.readRange(shard, origin, positionAt("100", 1)));

        expect(segments).toEqual(chain);
      });

      test("the parts of one block record are in the order of their entries", async () => {
        const store = await opened(open);
        const chain = aChain([positionAt("5", 2), positionAt("5", 10), positionAt("5", 100)]);
        await appendAll(store, chain);

        const segments = await collect(store.readRange(shard, positionAt("5", 2), positionAt("5", 100)));

        expect(segments).toEqual(chain.slice(1));
      });
    });

    describe("readRange", () => {
      const positions = ["1", "2", "3", "4", "5"].map((sequence) => positionAt(sequence, 1));
      const at = (index: number): Position => positions[index] ?? origin;

      test("excludes its beginning and includes its end", async () => {
        const store = await opened(open);
        const chain = aChain(positions);
        await appendAll(store, chain);

        const segments = await collect(store.readRange(shard, at(1), at(3)));

        expect(segments).toEqual(chain.slice(2, 4));
      });

      test("takes positions at which no segment ends", async () => {
        const store = await opened(open);
        const chain = aChain(positions);
        await appendAll(store, chain);

        const segments = await collect(store.readRange(shard, positionAt("1", 7), positionAt("4", 0)));

        expect(segments).toEqual(chain.slice(1, 3));
      });

      test.each([
        ["an empty range", 2, 2],
        ["a range that goes backwards", 3, 1],
        ["a range after the head", 4, 4],
      ])("%s holds nothing", async (_, from, to) => {
        const store = await opened(open);
        await appendAll(store, aChain(positions));

        const segments = await collect(store.readRange(shard, at(from), at(to)));

        expect(segments).toEqual([]);
      });

      test("goes on over as many pages as the segments fill", async () => {
        const store = await opened(open);
        const many = Array.from({ length: 24 }, (_, index) => positionAt(String(index + 1), 1));
        const chain = aChain(many, { body: noise(120_000) });
        await appendAll(store, chain);

        const segments = await collect(store.readRange(shard, origin, positionAt("24", 1)));

        expect(segments.map((segment) => segment.head.position)).toEqual(many);
        expect(segments.every((segment) => segment.body.length === 120_000)).toBe(true);
      });

      test("a reader may stop early and another one starts at the beginning", async () => {
        const store = await opened(open);
        const chain = aChain(positions);
        await appendAll(store, chain);

        for await (const segment of store.readRange(shard, origin, at(4))) {
          expect(segment).toEqual(chain[0]);
          break;
        }

        expect(await collect(store.readRange(shard, origin, at(4)))).toEqual(chain);
      });
    });

    describe("readBack", () => {
      test("yields what is at or before a position, newest first", async () => {
        const store = await opened(open);
        const chain = aChain(["1", "2", "3", "4"].map((sequence) => positionAt(sequence, 1)));
        await appendAll(store, [...chain, aSegment({ shard: otherShard })]);

        const segments = await collect(store.readBack(shard, positionAt("3", 1)));

        expect(segments).toEqual(chain.slice(0, 3).reverse());
      });

      test("yields nothing before the first segment", async () => {
        const store = await opened(open);
        await appendAll(store, [aSegment({ at: positionAt("5", 1) })]);

        const segments = await collect(store.readBack(shard, positionAt("4", 9)));

        expect(segments).toEqual([]);
      });
    });

    describe("readHeads", () => {
      test("has every shard once, at its newest segment", async () => {
        const store = await opened(open);
        const mine = aChain([positionAt("1", 1), positionAt("2", 1)]);
        const theirs = aChain([positionAt("7", 1)], { shard: otherShard });
        await appendAll(store, [...mine, ...theirs]);

        const heads = await store.readHeads();

        expect(heads).toEqual([mine[1]?.head, theirs[0]?.head]);
      });

      test("is in the order of UTF-8 bytes", async () => {
        const store = await opened(open);
        const shards = namesInUtf8Order.map((suffix) => `plays/${suffix}` as ShardKey);
        await appendAll(
          store,
          shuffled(shards).map((key) => aSegment({ shard: key })),
        );

        const heads = await store.readHeads();

        expect(heads.map((head) => head.shard)).toEqual(shards);
      });
    });
  });
}
