import { expect, test } from "vitest";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aPlay, someTime } from "#test/support/builders.ts";
import { kinesisEvent, Pipeline, shardKey } from "#test/support/pipeline.ts";

const record = (sequenceNumber: string, eventId: string) => ({
  sequenceNumber,
  data: encodePlay(aPlay({ eventId })),
  arrivedAt: someTime,
});

/** A store that reads ranges in a way of its own. */
const readingRangesBy = (segments: SegmentStore, readRange: SegmentStore["readRange"]): SegmentStore => ({
  readHead: (shard) => segments.readHead(shard),
  readHeads: () => segments.readHeads(),
  append: (segment, expiresAt) => segments.append(segment, expiresAt),
  readBack: (shard, from) => segments.readBack(shard, from),
  readRange,
});

test("a container that misses a segment of another one fails before it writes, and counts right when it is retried", async () => {
  const pipeline = new Pipeline({ now: () => someTime });
  const { segments } = pipeline.stores;
  let misses = 1;
  const flaky = readingRangesBy(segments, async function* (shard, from, to) {
    for await (const segment of segments.readRange(shard, from, to)) {
      if (misses-- > 0) continue;
      yield segment;
    }
  });
  const warm = pipeline.container(flaky);
  await warm(kinesisEvent([record("1", "a")]));
  const other = pipeline.container();
  await other(kinesisEvent([record("2", "b")]));
  await other(kinesisEvent([record("3", "c")]));
  const retryOfB = kinesisEvent([record("4", "b")]);

  await expect(warm(retryOfB)).rejects.toThrow("have a gap after");
  const headAfterFailure = await segments.readHead(shardKey(0));
  await warm(retryOfB);

  expect(headAfterFailure?.counts).toMatchObject({ plays: 3, duplicates: 0 });
  expect((await segments.readHead(shardKey(0)))?.counts).toMatchObject({ plays: 3, duplicates: 1 });
});

test("a container whose store fails while it reads what others wrote knows all of it once it is retried", async () => {
  const pipeline = new Pipeline({ now: () => someTime });
  const { segments } = pipeline.stores;
  let failures = 1;
  const flaky = readingRangesBy(segments, async function* (shard, from, to) {
    for await (const segment of segments.readRange(shard, from, to)) {
      yield segment;
      if (failures-- > 0) throw new Error("throttled");
    }
  });
  const warm = pipeline.container(flaky);
  await warm(kinesisEvent([record("1", "a")]));
  const other = pipeline.container();
  await other(kinesisEvent([record("2", "b")]));
  await other(kinesisEvent([record("3", "c")]));
  const retries = kinesisEvent([record("4", "a"), record("5", "b"), record("6", "c"), record("7", "d")]);

  await expect(warm(retries)).rejects.toThrow("throttled");
  await warm(retries);

  expect((await segments.readHead(shardKey(0)))?.counts).toMatchObject({ plays: 4, duplicates: 3 });
});
