import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBroadcastHandler } from "#functions/ws-broadcast/broadcast-handler.ts";
import { allSongsKey, repeatedKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import { noTotals } from "#src/domain/totals.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aMoment, somePlays } from "#test/support/arbitraries.ts";
import { aPlay } from "#test/support/builders.ts";
import { kinesisEvent, Pipeline, type PipelineOptions, type PutRecord } from "#test/support/pipeline.ts";
import { anEpoch, commitEpoch, memoryStores } from "#test/support/published.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const epoch = 1 as EpochNumber;

/** A pipeline whose clock the test moves; records arrive when they are put. */
function aPipeline(options: Pick<PipelineOptions, "maxEpochPlays" | "dedupeHorizonMs"> = {}) {
  let time = aMoment as number;
  let sequence = 0;
  const pipeline = new Pipeline({ now: () => time, ...options });
  const consume = pipeline.container();
  return {
    pipeline,
    pass: (ms: number) => {
      time += ms;
    },
    put: (play: Play = aPlay(), shard = 0) => {
      sequence += 1;
      const data = encodePlay(play);
      return consume(kinesisEvent([{ sequenceNumber: `${sequence}`, data, arrivedAt: time }], shard));
    },
    last: (name: string) => pipeline.metrics.values(name).at(-1),
  };
}

describe("the age of the open epoch", () => {
  test("is 0 while none is open", async () => {
    const { pipeline, put, last } = aPipeline();
    await pipeline.plan();
    expect(last("OpenEpochAge")).toBe(0);
    await put();
    await pipeline.runEpochs();

    expect(last("OpenEpochAge")).toBe(0);
  });

  test("counts from the epoch's start, and is told by every run, also by one without the lease", async () => {
    const { pipeline, put, pass, last } = aPipeline();
    await put();
    await pipeline.plan("died");
    pass(2 * minuteMs);

    expect(await pipeline.plan("other")).toEqual({ kind: "busy" });
    expect(last("OpenEpochAge")).toBe(2 * minuteMs);
    pass(10 * minuteMs);
    expect(await pipeline.plan("third")).toMatchObject({ kind: "epoch", isResumed: true });
    expect(last("OpenEpochAge")).toBe(12 * minuteMs);
  });
});

describe("the age of waiting segments", () => {
  test("is 0 without any, however long nobody has played", async () => {
    const { pipeline, put, pass, last } = aPipeline();
    await put();
    await pipeline.runEpochs();
    pass(3 * hourMs);

    await pipeline.plan();

    expect(last("WaitingSegmentsAge")).toBe(0);
  });

  test("is that of the oldest segment, not that of the silence before it", async () => {
    const { pipeline, put, pass, last } = aPipeline();
    await put(aPlay(), 0);
    await put(aPlay(), 1);
    await pipeline.runEpochs();
    pass(3 * hourMs);
    await put(aPlay(), 1);
    pass(5 * minuteMs);
    await put(aPlay(), 0);
    await put(aPlay(), 1);

    await pipeline.plan();

    expect(last("WaitingSegmentsAge")).toBe(5 * minuteMs);
  });

  test("goes on while the epoch that owns a segment is open", async () => {
    const { pipeline, put, pass, last } = aPipeline();
    await put();
    await pipeline.plan();
    pass(2 * hourMs);

    await pipeline.plan();

    expect(last("WaitingSegmentsAge")).toBe(2 * hourMs);
  });

  test("includes what the last epoch had no room for", async () => {
    const { pipeline, put, pass, last } = aPipeline({ maxEpochPlays: 1 });
    for (let i = 0; i < 3; i++) await put();
    const planned = await pipeline.plan();
    expect(planned).toMatchObject({ kind: "epoch" });
    await pipeline.commit(epoch);
    pass(hourMs);

    await pipeline.plan();

    expect(last("WaitingSegmentsAge")).toBe(hourMs);
  });

  test("is at most a minute while segments are younger than that", async () => {
    const { pipeline, put, pass, last } = aPipeline();
    await put();
    await pipeline.runEpochs();
    pass(20_000);
    await put();
    pass(1_000);

    await pipeline.plan();

    expect(last("WaitingSegmentsAge")).toBeLessThan(minuteMs);
  });
});

describe("the drift of the totals", () => {
  const recordsOf = (plays: readonly Play[], from: number): PutRecord[] =>
    plays.map((play, i) => ({
      sequenceNumber: String(from + i),
      data: encodePlay(play),
      arrivedAt: aMoment,
    }));

  test("is none, whatever is played and however stages are repeated", async () => {
    await fc.assert(
      fc.asyncProperty(somePlays(), fc.nat(3), async (plays, repeats) => {
        const { pipeline } = aPipeline();
        for (const [i, half] of [plays.slice(0, 20), plays.slice(20)].entries()) {
          await pipeline.container()(kinesisEvent(recordsOf(half, 1 + 1_000 * i)));
          const planned = await pipeline.plan();
          if (planned.kind !== "epoch") continue;
          for (let run = 0; run <= repeats; run++) await pipeline.reduce(planned.epoch);
          await pipeline.commit(planned.epoch);
        }

        expect(pipeline.metrics.values("CounterDrift").filter((drift) => drift !== 0)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test("is none where marked plays are repeated, which are counted as such", async () => {
    const { pipeline, put, pass, last } = aPipeline({ dedupeHorizonMs: minuteMs });
    for (const msPlayed of [200_000, 1_000]) {
      for (let i = 0; i < 3; i++) {
        await put(aPlay({ eventId: `e${msPlayed}`, msPlayed, dedupe: "always" }));
        pass(2 * minuteMs);
        if (i !== 0) await pipeline.runEpochs();
      }
    }

    expect(pipeline.metrics.values("CounterDrift")).toEqual([0, 0, 0, 0]);
    const [repeated] = await pipeline.stores.counters.read([repeatedKey]);
    expect(repeated?.totals).toMatchObject({ plays: 2, unqualified: 2 });
    expect(last("EpochPlays")).toBe(0);
  });

  test("shows a repeat that is not accounted for", async () => {
    const { pipeline, put, pass, last } = aPipeline({ dedupeHorizonMs: minuteMs });
    const play = aPlay({ dedupe: "always" });
    await put(play);
    await pipeline.runEpochs();
    pass(2 * minuteMs);
    await put(play);
    await pipeline.plan();

    await pipeline.commit(2 as EpochNumber);

    expect(last("CounterDrift")).toBe(1);
  });

  test("shows a play that MapReduce did not count", async () => {
    const { pipeline, put, last } = aPipeline();
    await put();
    await pipeline.plan();

    await pipeline.commit(epoch);

    expect(last("CounterDrift")).toBe(1);
  });

  test("shows a play that was counted twice, and one that changed sides", async () => {
    const { pipeline, put, last } = aPipeline();
    await put();
    await pipeline.plan();
    const twice = { ...noTotals, plays: 2, unqualified: 1 };
    await pipeline.stores.counters.apply(epoch, aMoment, [{ key: allSongsKey, totals: twice }]);

    await pipeline.commit(epoch);

    expect(last("CounterDrift")).toBe(2);
  });

  test("is not told by a run that a later epoch has overtaken", async () => {
    const { pipeline, put, pass } = aPipeline();
    await put();
    await pipeline.runEpochs();
    await put();
    pass(minuteMs);
    await pipeline.plan();
    await pipeline.reduce(2 as EpochNumber);

    await pipeline.commit(epoch, "slow");

    expect(pipeline.metrics.values("CounterDrift")).toEqual([0]);
  });
});

describe("the excess of rejects", () => {
  test("adds up to what is beyond 5 % of all records", async () => {
    const pipeline = new Pipeline({ now: () => aMoment });
    const consume = pipeline.container();
    const batch = (from: number, good: number, bad: number) =>
      consume(
        kinesisEvent(
          Array.from({ length: good + bad }, (_, i) => ({
            sequenceNumber: String(from + i),
            data: i < good ? encodePlay(aPlay()) : "no play",
            arrivedAt: aMoment,
          })),
        ),
      );

    await batch(1, 99, 1);
    await batch(200, 0, 100);

    const sum = pipeline.metrics.values("RejectExcess").reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo(101 - 0.05 * 200);
  });
});

describe("the excess of gone connections", () => {
  test("is what is beyond 20 % of all that a broadcast reached for", async () => {
    const stores = memoryStores();
    await commitEpoch(stores, anEpoch(epoch));
    for (let i = 0; i < 10; i++) {
      await stores.connections.subscribe(`c${i}` as ConnectionId, "stats", (aMoment + hourMs) as EpochMs, 1);
      if (i < 6) stores.gateway.behaviour.set(`c${i}`, "gone");
    }

    await createBroadcastHandler(stores)({ epoch });

    expect(stores.metrics.values("BroadcastGoneExcess")).toEqual([6 - 0.2 * 10]);
  });
});
