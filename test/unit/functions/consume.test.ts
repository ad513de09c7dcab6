import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MemorySegmentStore } from "#src/adapters/memory/memory-segment-store.ts";
import { origin } from "#src/domain/position.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { decodeSegment } from "#src/wire/segment-codec.ts";
import { aMoment, somePlays } from "#test/support/arbitraries.ts";
import { kinesisEvent, memoryStores, Pipeline, type PutRecord, shardKey } from "#test/support/pipeline.ts";

const playText = (n: number, eventId = `e${n}`): string =>
  JSON.stringify({
    event_id: eventId,
    user_id: `U${n % 5}`,
    track: { id: `S${n % 7}`, artist: "Coldplay" },
    started_at: aMoment,
  });

const record = (n: number, data: string | Uint8Array = playText(n), arrivedAt = aMoment + n): PutRecord => ({
  sequenceNumber: `4959${String(n).padStart(52, "0")}`,
  data,
  arrivedAt,
});

const records = (from: number, to: number): PutRecord[] =>
  Array.from({ length: to - from }, (_, i) => record(from + i));

async function storedIds(
  store: SegmentStore,
  shard = 0,
): Promise<{ plays: number; ids: Set<string>; segments: number }> {
  const head = await store.readHead(shardKey(shard));
  const ids = new Set<string>();
  let plays = 0;
  let segments = 0;
  if (head === undefined) return { plays, ids, segments };
  for await (const segment of store.readRange(head.shard, origin, head.position)) {
    const { facts } = decodeSegment(segment.body);
    plays += facts.user.length;
    segments += 1;
    for (const [i, hi] of facts.idHi.entries()) ids.add(`${hi}:${facts.idLo[i]}`);
  }
  return { plays, ids, segments };
}

describe("a batch enters segments exactly once (I1)", () => {
  test("when it is delivered twice", async () => {
    const pipeline = new Pipeline();
    const consume = pipeline.container();

    await consume(kinesisEvent(records(1, 11)));
    await consume(kinesisEvent(records(1, 11)));

    expect((await pipeline.stores.segments.readHeads())[0]?.counts).toMatchObject({
      plays: 10,
      duplicates: 0,
    });
  });

  test("when a retry cuts it elsewhere, in whatever container, with blocks and single records mixed", async () => {
    const someCut = fc.record({
      from: fc.nat(30),
      length: fc.integer({ min: 1, max: 30 }),
      cold: fc.boolean(),
    });
    const block = (n: number) =>
      gzipSync(`${playText(n, `b${n}-1`)}\nnot json\n\n${playText(n, `b${n}-2`)}\n`);
    const all = Array.from({ length: 30 }, (_, n) =>
      record(n + 1, n % 4 === 0 ? block(n + 1) : playText(n + 1)),
    );
    const blocks = all.filter((each) => typeof each.data !== "string").length;
    await fc.assert(
      fc.asyncProperty(fc.array(someCut, { maxLength: 12 }), async (cuts) => {
        const pipeline = new Pipeline();
        let consume = pipeline.container();
        let done = 0;
        for (const cut of cuts) {
          if (cut.cold) consume = pipeline.container();
          const from = Math.min(cut.from, done); // the service never skips what it did not deliver
          await consume(kinesisEvent(all.slice(from, from + cut.length)));
          done = Math.max(done, Math.min(from + cut.length, all.length));
        }
        await consume(kinesisEvent(all.slice(done)));

        const head = (await pipeline.stores.segments.readHeads())[0];
        const stored = await storedIds(pipeline.stores.segments);

        expect(head?.counts).toEqual({ plays: 30 + blocks, unqualified: 0, duplicates: 0, rejects: blocks });
        expect(stored.ids.size).toBe(30 + blocks);
        expect(stored.plays).toBe(30 + blocks);
      }),
      { numRuns: 60 },
    );
  });

  test("when two containers work on it at once", async () => {
    const pipeline = new Pipeline();
    const [one, other] = [pipeline.container(), pipeline.container()];

    await Promise.all([one(kinesisEvent(records(1, 21))), other(kinesisEvent(records(1, 31)))]);

    expect((await storedIds(pipeline.stores.segments)).plays).toBe(30);
    expect((await pipeline.stores.segments.readHeads())[0]?.counts.plays).toBe(30);
  });

  test("when the store fails before or after it wrote, and the batch comes again", async () => {
    const someFailures = fc.array(fc.constantFrom("before", "after", "none"), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(someFailures, async (failures) => {
        const pipeline = new Pipeline();
        const consume = pipeline.container(failing(pipeline.stores.segments, [...failures]));
        for (let attempt = 0; attempt <= failures.length; attempt++) {
          await consume(kinesisEvent(records(1, 11))).catch(() => undefined);
        }

        expect((await storedIds(pipeline.stores.segments)).plays).toBe(10);
        expect((await pipeline.stores.segments.readHeads())[0]?.counts.duplicates).toBe(0);
      }),
    );
  });

  test("when two calls of one container work on it at once", async () => {
    const pipeline = new Pipeline();
    const consume = pipeline.container();
    await consume(kinesisEvent(records(1, 11)));

    await Promise.all([consume(kinesisEvent(records(11, 21))), consume(kinesisEvent(records(11, 31)))]);
    await consume(kinesisEvent(records(31, 41)));

    const [head] = await pipeline.stores.segments.readHeads();
    expect(head?.counts).toMatchObject({ plays: 40, duplicates: 0 });
    expect((await storedIds(pipeline.stores.segments)).ids.size).toBe(40);
  });

  test.each([
    ["at its first segment", 0],
    ["at a later one", 2],
  ])("when another container is faster %s, with a batch that ends elsewhere", async (_, earlier) => {
    const pipeline = new Pipeline();
    const { segments } = pipeline.stores;
    const batch = blocks(1, 9);
    let left = earlier;
    const overtaken = intercepted(segments, async (append) => {
      if (left-- === 0) {
        const { plays } = (await segments.readHead(shardKey(0)))?.counts ?? { plays: 0 };
        // Less than the segment holds whose append is about to fail.
        await pipeline.container()(kinesisEvent(batch.slice(0, Math.floor(plays / playsOfBlock) + 1)));
      }
      return append();
    });

    await pipeline.container(overtaken)(kinesisEvent(batch));

    const [head] = await segments.readHeads();
    expect(left).toBeLessThan(-1);
    expect(head?.counts).toMatchObject({ plays: 8 * playsOfBlock, duplicates: 0 });
    expect((await storedIds(segments)).ids.size).toBe(8 * playsOfBlock);
  });

  test("when it fails in the middle of a segment, and the batch comes again to the same container", async () => {
    const pipeline = new Pipeline();
    const consume = pipeline.container();
    await consume(kinesisEvent(blocks(1, 2)));
    const broken = kinesisEvent(blocks(2, 6));
    const fourth = broken.Records[3];
    if (fourth === undefined) throw new Error("no record");
    // Nothing that a stream holds makes the consumer throw: so what stands in for it does.
    Object.defineProperty(fourth.kinesis, "data", {
      get: () => {
        throw new Error("out of memory");
      },
    });

    await expect(consume(broken)).rejects.toThrow("out of memory");
    await consume(kinesisEvent(blocks(2, 6)));

    const [head] = await pipeline.stores.segments.readHeads();
    expect(head?.counts).toMatchObject({ plays: 5 * playsOfBlock, duplicates: 0 });
    expect((await storedIds(pipeline.stores.segments)).ids.size).toBe(5 * playsOfBlock);
  });

  test("when the store fails at some segment of several, before or after it wrote", async () => {
    const someFailures = fc.array(fc.constantFrom("before", "after", "none"), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(someFailures, async (failures) => {
        const pipeline = new Pipeline();
        const left = [...failures];
        const consume = pipeline.container(failing(pipeline.stores.segments, left));
        for (let attempt = 0; attempt <= failures.length; attempt++) {
          await consume(kinesisEvent(blocks(1, 5))).catch(() => undefined);
        }

        const [head] = await pipeline.stores.segments.readHeads();
        expect(head?.counts).toMatchObject({ plays: 4 * playsOfBlock, duplicates: 0 });
        expect((await storedIds(pipeline.stores.segments)).ids.size).toBe(4 * playsOfBlock);
      }),
      { numRuns: 15 },
    );
  });

  test("when a block is larger than a transaction", async () => {
    const pipeline = new Pipeline();
    const lines = Array.from({ length: 9_000 }, (_, n) => playText(n));

    await pipeline.container()(kinesisEvent([record(1, gzipSync(lines.join("\n")))]));
    const stored = await storedIds(pipeline.stores.segments);

    expect(stored.segments).toBeGreaterThan(2);
    expect(stored.ids.size).toBe(9_000);
  });
});

/** A segment takes three and a part of the next. */
const playsOfBlock = 1_000;

const blocks = (from: number, to: number): PutRecord[] =>
  Array.from({ length: to - from }, (_, i) => {
    const n = from + i;
    const lines = Array.from({ length: playsOfBlock }, (_, line) => playText(n, `b${n}-${line}`));
    return record(n, gzipSync(lines.join("\n"), { level: 1 }));
  });

type Appended = ReturnType<SegmentStore["append"]>;

/** A store whose `append` goes through `around`. */
function intercepted(store: SegmentStore, around: (append: () => Appended) => Appended): SegmentStore {
  return new Proxy(store as MemorySegmentStore, {
    get(target, name: keyof MemorySegmentStore) {
      const method = target[name].bind(target) as (...args: unknown[]) => Appended;
      return name === "append" ? (...args: unknown[]) => around(() => method(...args)) : method;
    },
  });
}

/** Fails `append` as told: before anything is written, or after it (the answer is lost). */
function failing(store: SegmentStore, failures: ("before" | "after" | "none")[]): SegmentStore {
  return intercepted(store, async (append) => {
    const failure = failures.shift() ?? "none";
    if (failure === "before") throw new Error("throttled");
    const answer = await append();
    if (failure === "after") throw new Error("timeout");
    return answer;
  });
}

describe("a producer's retry counts once (I2)", () => {
  test("in the same batch, in a later one, and in a cold container", async () => {
    const pipeline = new Pipeline();
    const consume = pipeline.container();
    await consume(kinesisEvent([record(1), record(2, playText(1))]));
    await consume(kinesisEvent([record(3, playText(1))]));

    await pipeline.container()(kinesisEvent([record(4, playText(1))]));

    const [head] = await pipeline.stores.segments.readHeads();
    expect(head?.counts).toMatchObject({ plays: 1, duplicates: 3 });
  });

  test.each([
    ["at the horizon", 600_000, { plays: 1, duplicates: 1 }],
    ["beyond it", 600_001, { plays: 2, duplicates: 0 }],
  ])("%s, in a warm and in a cold container alike", async (_, gapMs, counts) => {
    for (const isCold of [false, true]) {
      const pipeline = new Pipeline();
      const consume = pipeline.container();
      await consume(kinesisEvent([record(1, playText(1), aMoment)]));

      const next = isCold ? pipeline.container() : consume;
      await next(kinesisEvent([record(2, playText(1), aMoment + gapMs)]));

      expect((await pipeline.stores.segments.readHeads())[0]?.counts).toMatchObject(counts);
    }
  });

  test("however often it comes, each time within the horizon of the time before", async () => {
    const pipeline = new Pipeline();
    for (const n of [1, 2, 3, 4]) {
      await pipeline.container()(kinesisEvent([record(n, playText(1), aMoment + n * 500_000)]));
    }

    expect((await pipeline.stores.segments.readHeads())[0]?.counts).toMatchObject({
      plays: 1,
      duplicates: 3,
    });
  });

  test("across a split: the child shard knows its parent's ids", async () => {
    const pipeline = new Pipeline({ ancestors: (shard) => (shard === shardKey(1) ? [shardKey(0)] : []) });
    await pipeline.container()(kinesisEvent([record(1)], 0));

    await pipeline.container()(kinesisEvent([record(2, playText(1)), record(3)], 1));
    await pipeline.container()(kinesisEvent([record(4, playText(1))], 1));

    const heads = await pipeline.stores.segments.readHeads();
    expect(heads.map((head) => [head.counts.plays, head.counts.duplicates])).toEqual([
      [1, 0],
      [1, 2],
    ]);
  });

  test("when another container handled the batches in between", async () => {
    const pipeline = new Pipeline();
    const [one, other] = [pipeline.container(), pipeline.container()];
    await one(kinesisEvent([record(1)]));
    await other(kinesisEvent([record(2)]));

    await one(kinesisEvent([record(3, playText(2))]));

    expect((await pipeline.stores.segments.readHeads())[0]?.counts).toMatchObject({
      plays: 2,
      duplicates: 1,
    });
  });
});

describe("what is no play becomes a reject and blocks nothing (I3)", () => {
  test("with its reason, its bytes and its place", async () => {
    const pipeline = new Pipeline();
    const raw = `{"user_id":"","track":{"id":"S1","artist":"A"},"started_at":${aMoment}}`;

    await pipeline.container()(kinesisEvent([record(1), record(2, raw), record(3)]));

    const [head] = await pipeline.stores.segments.readHeads();
    expect(head?.counts).toMatchObject({ plays: 2, rejects: 1 });
    const [segment] = await collectSegments(pipeline.stores.segments);
    const [reject] = decodeSegment(segment?.body ?? new Uint8Array()).rejects;
    expect(reject?.reason).toContain("user_id");
    expect(new TextDecoder().decode(reject?.raw)).toBe(raw);
    expect(reject?.sequenceNumber).toBe(record(2).sequenceNumber);
  });

  test("whole, even when it is larger than a transaction", async () => {
    const pipeline = new Pipeline();
    const raw = Buffer.alloc(1_000_000, "x");

    await pipeline.container()(kinesisEvent([record(1, raw), record(2)]));

    const chunks = (await collectSegments(pipeline.stores.segments)).flatMap(
      (segment) => decodeSegment(segment.body).rejects,
    );
    expect(Buffer.concat(chunks.map((chunk) => chunk.raw)).equals(raw)).toBe(true);
    expect((await pipeline.stores.segments.readHeads())[0]?.counts).toMatchObject({ plays: 1, rejects: 1 });
  });

  test("whatever the bytes are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), async (garbage) => {
        const pipeline = new Pipeline();
        const batch = garbage.map((data, i) => record(i + 1, data));

        await pipeline.container()(kinesisEvent([...batch, record(99)]));

        const [head] = await pipeline.stores.segments.readHeads();
        expect(head?.counts.plays).toBe(1);
        expect(head?.counts.rejects).toBe(garbage.length);
      }),
    );
  });
});

async function collectSegments(store: SegmentStore) {
  const head = await store.readHead(shardKey(0));
  const segments = [];
  if (head !== undefined) {
    for await (const segment of store.readRange(head.shard, origin, head.position)) segments.push(segment);
  }
  return segments;
}

test("any plays arrive in segments as they were", async () => {
  await fc.assert(
    fc.asyncProperty(somePlays(40), async (plays) => {
      const pipeline = new Pipeline();
      const batch = plays.map((play, i) => record(i + 1, encodePlay(play)));

      await pipeline.container()(kinesisEvent(batch));

      const contents = (await collectSegments(pipeline.stores.segments)).map(({ body }) =>
        decodeSegment(body),
      );
      const starts = contents.flatMap(({ facts }) => [...facts.startedAt]);
      expect(starts).toEqual(plays.map((play) => play.startedAt));
    }),
  );
});

test("a segment lives for its retention from when it was written, however long ago its plays arrived", async () => {
  const stores = memoryStores();
  const expiries: number[] = [];
  const segments: SegmentStore = {
    ...stores.segments,
    readHead: (shard) => stores.segments.readHead(shard),
    append: (segment, expiresAt) => {
      expiries.push(expiresAt);
      return stores.segments.append(segment, expiresAt);
    },
  };
  const writtenAt = aMoment + 10 * 86_400_000;
  const pipeline = new Pipeline({ stores, now: () => writtenAt });

  await pipeline.container(segments)(kinesisEvent([record(1)]));

  expect(expiries).toEqual([writtenAt + 7 * 86_400_000]);
});
