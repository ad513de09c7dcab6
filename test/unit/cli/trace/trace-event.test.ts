import { describe, expect, test } from "vitest";
import { findEpoch } from "#cli/trace/find-epoch.ts";
import { type Trace, traceEvent } from "#cli/trace/trace-event.ts";
import { reportJson, reportLines } from "#cli/trace/trace-report.ts";
import { MemoryEpochLog } from "#src/adapters/memory/memory-epoch-log.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import { positionAt } from "#src/domain/position.ts";
import { allTime } from "#src/domain/windows.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aPlay, someTime } from "#test/support/builders.ts";
import { kinesisEvent, Pipeline, type PutRecord, shardKey } from "#test/support/pipeline.ts";
import { aHead, anEpoch } from "#test/support/published.ts";

/** A pipeline whose clock is `clock.now`. */
function aPipeline() {
  const clock = { now: someTime as number };
  const pipeline = new Pipeline({ now: () => clock.now });
  const trace = (eventId: string, since = someTime): Promise<Trace> =>
    traceEvent(pipeline.stores, eventId, since as EpochMs);
  return { clock, pipeline, trace };
}

const put = (sequenceNumber: number, play: Play, afterMs = 0): PutRecord => ({
  sequenceNumber: String(sequenceNumber),
  data: encodePlay(play),
  arrivedAt: someTime + afterMs,
});

const consume = (pipeline: Pipeline, records: readonly PutRecord[], shard = 0): Promise<void> =>
  pipeline.container()(kinesisEvent(records, shard));

test("a play's hops are its arrival, its segment, its epoch's times, its charts and its broadcast", async () => {
  const { clock, pipeline, trace } = aPipeline();
  clock.now = someTime + 100;
  await consume(pipeline, [put(7, aPlay({ eventId: "before" }))]);
  await consume(pipeline, [
    put(8, aPlay({ eventId: "sought" }), 20),
    put(9, aPlay({ eventId: "after" }), 30),
  ]);
  clock.now = someTime + 250;
  const planned = await pipeline.plan();
  if (planned.kind !== "epoch") throw new Error("no epoch was planned");
  clock.now = someTime + 300;
  const mapReduce = await pipeline.reduce(planned.epoch);
  await pipeline.userBehavior(planned.epoch);
  clock.now = someTime + 400;
  await pipeline.stores.epochs.commit(planned.epoch, { mapReduce }, clock.now as EpochMs);
  const broadcast = { at: (someTime + 450) as EpochMs, messages: 3, failed: 1 };
  await pipeline.stores.epochs.noteBroadcast(planned.epoch, broadcast);

  const found = await trace("sought");

  expect(reportJson(found)).toMatchObject({
    event_id: "sought",
    arrived: 1,
    counted: 1,
    arrivals: [
      {
        outcome: "counted",
        confirmed: true,
        received: {
          at: someTime + 20,
          shard: shardKey(0),
          after_sequence_number: "7",
          up_to_sequence_number: "9",
        },
        segment: { at: someTime + 100, position: positionAt("9", 1) },
        epoch: {
          number: 1,
          status: "committed",
          workers: 1,
          started_at: someTime + 250,
          published_at: someTime + 300,
          committed_at: someTime + 400,
          pushed: broadcast,
        },
      },
    ],
  });
  expect(found.arrivals[0]?.epoch?.places.map(({ channel, rank, plays }) => [channel, rank, plays])).toEqual(
    ["songs", "artists"].flatMap((list) =>
      ["hot", "hot24", "hour", "day", "week", "all"].map((window) => [`${list}.${window}`, 1, 3]),
    ),
  );
  expect(reportLines(found)).toEqual([
    "event sought: arrived once, counted once",
    "",
    "received  2026-11-20T12:00:00.020Z             plays/shardId-000000000000, sequence number after 7, up to 9",
    "segment   2026-11-20T12:00:00.100Z     +80 ms  position 9.0000001",
    "epoch     2026-11-20T12:00:00.250Z    +150 ms  1 started",
    expect.stringMatching(
      /^chart {5}2026-11-20T12:00:00\.300Z {5}\+50 ms {2}rank in songs hot 1, .+, all 1; artists hot 1, /,
    ),
    "epoch     2026-11-20T12:00:00.400Z    +100 ms  1 committed",
    "pushed    2026-11-20T12:00:00.450Z     +50 ms  3 messages, 1 failed",
    "in all                                +430 ms",
  ]);
});

test("an epoch's several workers are told", async () => {
  const pipeline = new Pipeline({ now: () => someTime, playsPerWorker: 1, maxWorkers: 5 });
  await consume(pipeline, [put(1, aPlay({ eventId: "sought" })), put(2, aPlay({ eventId: "other" }))]);
  await pipeline.runEpochs();

  const found = await traceEvent(pipeline.stores, "sought", someTime);

  expect(reportLines(found).join("\n")).toContain("1 started with 2 workers\n");
  expect(reportJson(found)).toMatchObject({ arrivals: [{ epoch: { workers: 2 } }] });
});

test("what no epoch owns yet says so", async () => {
  const { pipeline, trace } = aPipeline();
  await consume(pipeline, [put(1, aPlay())]);
  await pipeline.runEpochs();
  await consume(pipeline, [put(2, aPlay({ eventId: "sought" }))]);

  const found = await trace("sought");

  expect(found.arrivals).toMatchObject([{ epoch: undefined }]);
  expect(reportLines(found).join("\n")).toMatch(/^epoch +- +none owns it yet$/m);
});

test("a duplicate is told with each arrival, and counted once", async () => {
  const { pipeline, trace } = aPipeline();
  const sought = aPlay({ eventId: "sought" });
  await consume(pipeline, [put(1, sought), put(2, sought, 5)]);
  await consume(pipeline, [put(3, sought, 9)]);
  await pipeline.runEpochs();

  const found = await trace("sought");

  expect(found.arrivals.map(({ arrivedAt, outcome }) => [arrivedAt - someTime, outcome.kind])).toEqual([
    [0, "counted"],
    [5, "duplicate"],
    [9, "duplicate"],
  ]);
  const lines = reportLines(found);
  expect(lines[0]).toBe("event sought: arrived 3 times, counted once");
  expect(lines.filter((line) => line.startsWith("duplicate"))).toHaveLength(2);
});

test("the same id in two shards is counted in each, and both are told", async () => {
  const { pipeline, trace } = aPipeline();
  await consume(pipeline, [put(1, aPlay({ eventId: "sought" }))], 0);
  await consume(pipeline, [put(1, aPlay({ eventId: "sought" }), 3)], 1);

  const found = await trace("sought");

  expect(found.arrivals.map(({ segment }) => segment.head.shard)).toEqual([shardKey(0), shardKey(1)]);
  expect(reportLines(found)[0]).toContain("arrived 2 times, counted 2 times");
});

describe("a marked play", () => {
  const marked = (sequenceNumber: number, eventId = "sought", afterMs = 0): PutRecord =>
    put(sequenceNumber, aPlay({ eventId, dedupe: "always" }), afterMs);
  const outcomesOf = ({ arrivals }: Trace) => arrivals.map(({ outcome }) => outcome.kind);
  const beyondHorizon = 700_000;

  test("whose id counted in an earlier epoch is a repeat, wherever that one is", async () => {
    const { pipeline, trace } = aPipeline();
    await consume(pipeline, [marked(1)]);
    await pipeline.runEpochs();
    await consume(pipeline, [marked(2, "sought", beyondHorizon)]);
    await pipeline.runEpochs();

    const both = await trace("sought");
    const onlyRepeat = await trace("sought", (someTime + 1) as EpochMs);

    expect(outcomesOf(both)).toEqual(["counted", "repeat"]);
    expect(reportLines(both)[0]).toBe("event sought: arrived 2 times, counted once");
    expect(reportLines(onlyRepeat)).toEqual([
      "event sought: arrived once, counted before this window",
      "",
      "repeat    2026-11-20T12:11:40.000Z plays/shardId-000000000000, sequence number after 1, up to 2: counted before, in epoch 1",
    ]);
    expect(reportJson(onlyRepeat)).toMatchObject({
      arrived: 1,
      counted: 0,
      arrivals: [{ outcome: "repeat", counted_in: 1, confirmed: true, epoch: { number: 2, charts: [] } }],
    });
  });

  test("is a repeat already before an epoch owns it", async () => {
    const { pipeline, trace } = aPipeline();
    await consume(pipeline, [marked(1)]);
    await pipeline.runEpochs();
    await consume(pipeline, [marked(2, "sought", beyondHorizon)]);

    expect(outcomesOf(await trace("sought"))).toEqual(["counted", "repeat"]);
  });

  test("that comes twice in one epoch counts where the epoch's walk comes first, not where it arrived first", async () => {
    const { pipeline, trace } = aPipeline();
    await consume(pipeline, [marked(1, "other"), marked(2, "sought", 5)], 0);
    await consume(pipeline, [marked(1, "sought", 2)], 1);
    await pipeline.runEpochs();

    const found = await trace("sought");

    const { to } = (await pipeline.stores.epochs.latest()) ?? anEpoch(1);
    expect(to.map(({ shard }) => shard)).toEqual([shardKey(0), shardKey(1)]);
    expect(found.arrivals.map(({ segment, outcome }) => [segment.head.shard, outcome.kind])).toEqual([
      [shardKey(1), "repeat"],
      [shardKey(0), "counted"],
    ]);
    expect((await pipeline.chart("songs", allTime))?.entries[0]?.plays).toBe(2);
  });

  test("twice in one segment, beyond the horizon, counts as the first of them", async () => {
    const { pipeline, trace } = aPipeline();
    await consume(pipeline, [marked(1), marked(2, "sought", beyondHorizon)]);
    await pipeline.runEpochs();

    const found = await trace("sought");

    expect(found.arrivals.map(({ arrivedAt, outcome }) => [arrivedAt - someTime, outcome.kind])).toEqual([
      [0, "counted"],
      [beyondHorizon, "repeat"],
    ]);
  });

  test("that comes first is counted, and nobody asks for a claim where none is marked", async () => {
    const { pipeline, trace } = aPipeline();
    await consume(pipeline, [marked(1), put(2, aPlay({ eventId: "unmarked" }))]);
    await pipeline.runEpochs();
    const asked: string[] = [];
    const { claims } = pipeline.stores;
    const read = claims.read.bind(claims);
    claims.read = (ids) => {
      asked.push(...ids);
      return read(ids);
    };

    const found = [await trace("sought"), await trace("unmarked")];

    expect(found.map(outcomesOf)).toEqual([["counted"], ["counted"]]);
    expect(asked).toEqual(["sought"]);
  });

  test("says nothing about the same id unmarked", async () => {
    const { pipeline, trace } = aPipeline();
    await consume(pipeline, [marked(1)]);
    await pipeline.runEpochs();
    await consume(pipeline, [put(2, aPlay({ eventId: "sought" }), beyondHorizon)]);
    await pipeline.runEpochs();

    expect(outcomesOf(await trace("sought"))).toEqual(["counted", "counted"]);
  });
});

describe("a reject", () => {
  const rejected = (eventId: string, userId: string): PutRecord => ({
    sequenceNumber: "5",
    data: JSON.stringify({ ...JSON.parse(encodePlay(aPlay({ eventId }))), user_id: userId }),
    arrivedAt: someTime + 40,
  });

  test("that carries the id is told with its reason and its sequence number", async () => {
    const { pipeline, trace } = aPipeline();
    await consume(pipeline, [rejected("sought", "somebody@example.com")]);

    const found = await trace("sought");

    expect(reportLines(found)).toEqual([
      "event sought: rejected once",
      "",
      "reject    2026-11-20T12:00:00.040Z plays/shardId-000000000000, sequence number 5: " +
        "user_id: expected an id, got an e-mail address",
    ]);
  });

  test("is told without the value that was wrong", async () => {
    const { pipeline, trace } = aPipeline();
    await consume(pipeline, [rejected("sought", "a listener's name".repeat(20))]);

    const found = await trace("sought");

    expect(JSON.stringify([reportJson(found), reportLines(found)])).not.toContain("listener's name");
    expect(found.arrivals).toMatchObject([{ outcome: { kind: "reject" } }]);
  });

  test("with a longer id is another", async () => {
    const { pipeline, trace } = aPipeline();
    await consume(pipeline, [rejected("sought-2", "a@example.com")]);

    expect((await trace("sought")).arrivals).toEqual([]);
  });
});

test("nothing of the listener is told", async () => {
  const { pipeline, trace } = aPipeline();
  await consume(pipeline, [put(1, aPlay({ eventId: "sought", userId: "alice-the-listener" }))]);
  await pipeline.runEpochs();

  const found = await trace("sought");

  expect(JSON.stringify([reportJson(found), reportLines(found)])).not.toContain("alice");
});

test("a play that is too short is not charted", async () => {
  const { pipeline, trace } = aPipeline();
  await consume(pipeline, [put(1, aPlay()), put(2, aPlay({ eventId: "sought", msPlayed: 1000 }))]);
  await pipeline.runEpochs();

  const found = await trace("sought");

  expect(found.arrivals[0]?.epoch?.places).toEqual([]);
  expect(reportLines(found).join("\n")).toContain("not charted: too short");
});

test("a play of an hour that is over is in no chart of this hour, even if its song is", async () => {
  const { clock, pipeline, trace } = aPipeline();
  clock.now = someTime + 60_000;
  const anHourAgo = someTime - 3_000_000;
  await consume(pipeline, [put(1, aPlay()), put(2, aPlay({ eventId: "late", startedAt: anHourAgo }))]);
  await pipeline.runEpochs();

  const found = await trace("late");

  const channels = found.arrivals[0]?.epoch?.places.map(({ channel }) => channel) ?? [];
  expect(channels).toContain("songs.day");
  expect(channels).not.toContain("songs.hour");
});

test("the window ends the search: older segments are not read, older arrivals not told", async () => {
  const { pipeline, trace } = aPipeline();
  await consume(pipeline, [put(1, aPlay({ eventId: "sought" }))]);
  for (const at of [1_000, 2_000, 3_000]) await consume(pipeline, [put(at, aPlay(), at)]);

  const tooLate = await trace("sought", (someTime + 1_500) as EpochMs);

  expect(tooLate).toMatchObject({ arrivals: [], shards: [{ shard: shardKey(0), segments: 2 }] });
  expect((await trace("sought")).shards).toEqual([{ shard: shardKey(0), segments: 4 }]);
});

describe("the epoch of a position", () => {
  /** Epochs 1 ... `count`; each ends 10 records later than the one before. */
  async function aLog(count: number): Promise<{ log: MemoryEpochLog; reads: () => number }> {
    const log = new MemoryEpochLog();
    for (let n = 1; n <= count; n++) {
      await log.create(anEpoch(n, { to: [{ ...aHead(), position: positionAt(String(n * 10), 1) }] }));
    }
    let reads = 0;
    const read = log.read.bind(log);
    log.read = (epoch: EpochNumber) => {
      reads += 1;
      return read(epoch);
    };
    return { log, reads: () => reads };
  }

  test("is the first that reaches it, wherever that is", async () => {
    const { log } = await aLog(70);
    const epochOf = async (record: number) =>
      (await findEpoch(log, shardKey(0), positionAt(String(record), 1)))?.epoch;

    for (let record = 1; record <= 700; record++) {
      expect(await epochOf(record)).toBe(Math.ceil(record / 10));
    }
    expect(await epochOf(701)).toBeUndefined();
  });

  test("takes few reads, however many epochs there are", async () => {
    const { log, reads } = await aLog(5_000);

    await findEpoch(log, shardKey(0), positionAt("11", 1));

    expect(reads()).toBeLessThan(30);
  });

  test("of another shard is none", async () => {
    const { log } = await aLog(3);

    expect(await findEpoch(log, shardKey(1), positionAt("1", 1))).toBeUndefined();
  });
});
