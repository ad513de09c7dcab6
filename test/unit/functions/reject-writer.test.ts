import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Reject } from "#src/domain/reject.ts";
import type { RejectStore } from "#src/ports/reject-store.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { noise } from "#test/contract/opened.ts";
import { aPlay, someTime } from "#test/support/builders.ts";
import { kinesisEvent, Pipeline, type PipelineStores, type PutRecord } from "#test/support/pipeline.ts";

type Poison = readonly [
  kind: string,
  data: Buffer,
  rejects: readonly (readonly [reason: string, raw: Buffer])[],
];

const play = (): string => encodePlay(aPlay({ startedAt: someTime }));
const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
/** A record that is one reject. */
const alone = (kind: string, data: Buffer, reason: string): Poison => [kind, data, [[reason, data]]];
const wrong = (field: string, value: unknown): Buffer =>
  bytes(JSON.stringify({ ...JSON.parse(play()), [field]: value }));

const lines = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `no play ${index}`);
const largest = Buffer.from(noise(700_000)).fill("{", 0, 2);
const bomb = gzipSync(Buffer.alloc(9 * 1024 * 1024, "x"));
const mixed = gzipSync([play(), "{}", "", play(), '{"user_id":', "[]"].join("\n"));
const tooMany = gzipSync(lines(1_003).join("\n"));
const unfinished = gzipSync(play()).subarray(0, 40);
const blank = gzipSync("\n\n");

/** Poison of every kind, and what it is rejected for. */
const poisons: readonly Poison[] = [
  alone("no JSON", bytes("no play"), "record: not JSON"),
  alone("no UTF-8", bytes('{"user_id":"\xff"}'), "record: not UTF-8"),
  alone("nothing", Buffer.alloc(0), "record: empty"),
  alone("JSON that is no object", bytes("[1,2]"), "record: expected an object"),
  alone("a field that is wrong", wrong("rating", 17), "rating: "),
  alone("another schema", wrong("schema", "play.v9"), "schema: "),
  alone("an e-mail address", wrong("user_id", "ann@example.com"), "user_id: expected an id, got an e-mail"),
  alone("a play that is too long", wrong("x", "y".repeat(40_000)), "record: "),
  alone("a record of many chunks", largest, "record: "),
  alone("a broken block", unfinished, "record: broken gzip"),
  alone("a block without plays", blank, "record: block without plays"),
  alone("a block that expands too far", bomb, "record: block expands"),
  [
    "a block with lines that are no plays",
    mixed,
    [
      ["user_id: ", bytes("{}")],
      ["record: not JSON", bytes('{"user_id":')],
      ["record: expected an object", bytes("[]")],
    ],
  ],
  [
    "a block with too many of them",
    tooMany,
    [
      ...lines(1_000).map((line) => ["record: not JSON", bytes(line)] as const),
      ["record: 3 more lines are no plays", tooMany],
    ],
  ],
];

const records: readonly PutRecord[] = poisons.flatMap(([, data], index) => [
  { sequenceNumber: String(2 * index + 1), data: play(), arrivedAt: someTime + 2 * index },
  { sequenceNumber: String(2 * index + 2), data, arrivedAt: someTime + 2 * index + 1 },
]);
const expected = poisons.flatMap(([, , rejects]) => rejects);

async function everything(rejects: RejectStore): Promise<readonly Reject[]> {
  const { rejects: found } = await rejects.list({ day: someTime, limit: 1_000_000 });
  const read = await Promise.all(found.map(({ id }) => rejects.read(id)));
  return read.filter((reject) => reject !== undefined);
}

async function expectAllOnce(rejects: RejectStore): Promise<void> {
  const found = await everything(rejects);
  expect(found).toHaveLength(expected.length);
  for (const [index, [reason, raw]] of expected.entries()) {
    expect(found[index]?.reason.startsWith(reason), `${found[index]?.reason} is ${reason}`).toBe(true);
    expect(found[index]?.isComplete).toBe(true);
    expect(raw.equals(found[index]?.raw ?? new Uint8Array())).toBe(true);
  }
}

/** Stores of which a write of rejects fails, after none, some or all of it was done. */
function failing(stores: PipelineStores, part: number): PipelineStores {
  const { rejects } = stores;
  return {
    ...stores,
    rejects: {
      ...{
        list: rejects.list.bind(rejects),
        read: rejects.read.bind(rejects),
        counts: rejects.counts.bind(rejects),
        remove: rejects.remove.bind(rejects),
      },
      async write(pieces) {
        await rejects.write(pieces.slice(0, Math.round(part * pieces.length)));
        throw new Error("the container died");
      },
    },
  };
}

describe("every reject of every kind is listed once, with its reason and all of its bytes", () => {
  test.each(poisons)("%s", async (_, data, rejects) => {
    const pipeline = new Pipeline({ now: () => someTime });
    await pipeline.container()(kinesisEvent([{ sequenceNumber: "1", data, arrivedAt: someTime }]));

    await pipeline.runEpochs();

    const found = await everything(pipeline.stores.rejects);
    expect(found.map(({ raw }) => Buffer.from(raw))).toEqual(rejects.map(([, raw]) => raw));
    for (const [index, [reason]] of rejects.entries()) expect(found[index]?.reason).toContain(reason);
  });

  test("however batches, segments and epochs are cut, repeated or run again", async () => {
    const plan = fc.record({
      cuts: fc.uniqueArray(fc.integer({ min: 1, max: records.length - 1 }), { maxLength: 6 }),
      repeated: fc.nat(4),
      maxEpochPlays: fc.constantFrom(1, 300, 50_000),
      fails: fc.array(fc.constantFrom(0, 0.5, 1), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ cuts, repeated, maxEpochPlays, fails }) => {
        const pipeline = new Pipeline({ now: () => someTime + 60_000, maxEpochPlays });
        const starts = [0, ...cuts.toSorted((a, b) => a - b)];
        const left = [...fails];
        for (const [index, start] of starts.entries()) {
          const from = Math.max(0, start - repeated);
          await pipeline.container()(kinesisEvent(records.slice(from, starts[index + 1])));
          const part = left.pop();
          const planned = await pipeline.plan();
          if (planned.kind === "epoch" && part !== undefined) {
            await pipeline.reduce(planned.epoch, failing(pipeline.stores, part)).catch(() => undefined);
          }
          await pipeline.runEpochs();
        }

        await expectAllOnce(pipeline.stores.rejects);
        const heads = await pipeline.stores.segments.readHeads();
        const counts = await pipeline.stores.rejects.counts(someTime);
        expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(heads[0]?.counts.rejects);
      }),
      { numRuns: 12 },
    );
  });
});

test("a reject whose chunks fall into two epochs is complete after the second", async () => {
  const pipeline = new Pipeline({ now: () => someTime, maxEpochPlays: 1 });
  await pipeline.container()(kinesisEvent([{ sequenceNumber: "1", data: largest, arrivedAt: someTime }]));
  const planned = await pipeline.plan();
  if (planned.kind !== "epoch") throw new Error("no epoch");

  await pipeline.reduce(planned.epoch);
  const [partly] = await everything(pipeline.stores.rejects);
  await pipeline.commit(planned.epoch);
  const more = await pipeline.runEpochs();
  const [whole] = await everything(pipeline.stores.rejects);

  expect(more).toBeGreaterThan(0);
  expect(partly).toMatchObject({ isComplete: false });
  expect(partly?.raw.length).toBeLessThan(largest.length);
  expect(whole?.isComplete).toBe(true);
  expect(largest.equals(whole?.raw ?? new Uint8Array())).toBe(true);
});

test("the same sequence number and line in another shard is another reject", async () => {
  const pipeline = new Pipeline({ now: () => someTime });
  const record = { sequenceNumber: "1", data: "no play", arrivedAt: someTime };
  for (const shard of [0, 1]) await pipeline.container()(kinesisEvent([record], shard));

  await pipeline.runEpochs();

  const found = await everything(pipeline.stores.rejects);
  expect(new Set(found.map(({ shard }) => shard)).size).toBe(2);
  expect(new Set(found.map(({ id }) => id)).size).toBe(2);
});

test("an epoch of many small rejects is cut by their number, too", async () => {
  const pipeline = new Pipeline({ now: () => someTime, maxEpochPlays: 100 });
  const some = Array.from({ length: 10 }, (_, index) => ({
    sequenceNumber: String(index + 1),
    data: gzipSync(lines(60).join("\n")),
    arrivedAt: someTime,
  }));
  for (const record of some) await pipeline.container()(kinesisEvent([record]));

  expect(await pipeline.runEpochs()).toBe(10);
});

test("rejects are written a part at a time, and their epoch's charts before them", async () => {
  const pipeline = new Pipeline({ now: () => someTime });
  const { rejects, publications } = pipeline.stores;
  const written: { readonly bytes: number; readonly published: boolean }[] = [];
  const watched: PipelineStores = {
    ...pipeline.stores,
    rejects: {
      ...{
        list: rejects.list.bind(rejects),
        read: rejects.read.bind(rejects),
        counts: rejects.counts.bind(rejects),
        remove: rejects.remove.bind(rejects),
      },
      async write(pieces) {
        const published = (await publications.read("RECENT" as never)) !== undefined;
        written.push({ bytes: pieces.reduce((sum, { raw }) => sum + raw.length, 0), published });
      },
    },
  };
  const some = Array.from({ length: 8 }, (_, index) => [
    { sequenceNumber: String(2 * index + 1), data: play(), arrivedAt: someTime },
    { sequenceNumber: String(2 * index + 2), data: largest, arrivedAt: someTime },
  ]);
  await pipeline.container()(kinesisEvent(some.flat()));
  const planned = await pipeline.plan();
  if (planned.kind !== "epoch") throw new Error("no epoch");

  await pipeline.reduce(planned.epoch, watched);

  expect(written.reduce((sum, each) => sum + each.bytes, 0)).toBe(8 * largest.length);
  expect(Math.max(...written.map((each) => each.bytes))).toBeLessThan(1_400_000);
  expect(written.every(({ published }) => published)).toBe(true);
});
