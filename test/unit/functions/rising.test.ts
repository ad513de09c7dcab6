import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nominate } from "#src/domain/chart-candidates.ts";
import { bucketsOf, sketchOf } from "#src/domain/listener-sketch.ts";
import { judge, type Play } from "#src/domain/play.ts";
import { currentWindows, hourMs } from "#src/domain/windows.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aMoment } from "#test/support/arbitraries.ts";
import { aPlay } from "#test/support/builders.ts";
import { kinesisEvent, Pipeline } from "#test/support/pipeline.ts";

const { rising } = currentWindows(aMoment);
const minuteMs = 60_000;

/** A play that arrives `lateMs` after its start. */
interface Arrival {
  readonly play: Play;
  readonly lateMs: number;
  readonly shard: number;
  /** Whether an epoch ends after it. */
  readonly isLast: boolean;
}

const arrivedAt = ({ play, lateMs }: Arrival): number => play.startedAt + lateMs;

/** Consumes plays in the order of their arrival, epochs in between, and ends half an hour after `aMoment`. */
async function counted(arrivals: readonly Arrival[]): Promise<Pipeline> {
  let now = 0;
  const pipeline = new Pipeline({ now: () => now });
  const consume = pipeline.container();
  for (const [i, arrival] of [...arrivals].sort((a, b) => arrivedAt(a) - arrivedAt(b)).entries()) {
    now = arrivedAt(arrival);
    const record = { sequenceNumber: String(i + 1), data: encodePlay(arrival.play), arrivedAt: now };
    await consume(kinesisEvent([record], arrival.shard));
    if (arrival.isLast) await pipeline.runEpochs();
  }
  now = Math.max(now, aMoment + hourMs / 2);
  await pipeline.runEpochs();
  return pipeline;
}

const entriesOf = async (pipeline: Pipeline, list: "songs" | "artists" = "songs") =>
  ((await pipeline.chart(list, rising))?.entries ?? []).map(({ id, score, plays, rise }) => {
    return { id, score, plays, ...rise };
  });

/** Up to ten listeners and three songs, now and in the day before, at most an hour late. */
const someArrivals = fc.array(
  fc
    .record({
      user: fc.integer({ min: 0, max: 9 }),
      song: fc.integer({ min: 1, max: 3 }),
      ago: fc.oneof(
        { arbitrary: fc.integer({ min: -29 * minuteMs, max: 0 }), weight: 3 },
        { arbitrary: fc.integer({ min: 0, max: 28 * hourMs }), weight: 1 },
      ),
      lateMs: fc.integer({ min: -10 * minuteMs, max: 59 * minuteMs }),
      msPlayed: fc.constantFrom(10_000, 30_000, 200_000),
      shard: fc.integer({ min: 0, max: 2 }),
      isLast: fc.constantFrom(true, false, false, false),
    })
    .map(({ user, song, ago, lateMs, msPlayed, shard, isLast }): Arrival => {
      const startedAt = aMoment - ago;
      const track = { id: `S${song}`, artist: song < 3 ? "Coldplay" : "Moby" };
      // Nothing arrives after the end of the test.
      const late = Math.min(lateMs, aMoment + 29 * minuteMs - startedAt);
      return { play: aPlay({ userId: `U${user}`, track, startedAt, msPlayed }), lateMs: late, shard, isLast };
    }),
  { minLength: 20, maxLength: 120 },
);

/** What a song or an artist should have, from the plays themselves. */
function expectedEntries(arrivals: readonly Arrival[], idOf: (play: Play) => string) {
  const qualified = arrivals.map(({ play }) => play).filter((play) => judge(play).qualified);
  return [...Map.groupBy(qualified, idOf)]
    .flatMap(([id, plays]) => {
      const first = Math.min(...plays.map(({ startedAt }) => startedAt));
      const within = (from: number, to: number) =>
        plays.filter(({ startedAt }) => startedAt >= from && startedAt < to);
      const hour = within(aMoment, aMoment + hourMs);
      const span = { from: aMoment - 25 * hourMs, to: aMoment - hourMs };
      const hours = Math.max(1, Math.floor((span.to - Math.max(span.from, first)) / hourMs));
      const expected = within(span.from, span.to).length / hours + 3;
      const buckets = new Set(hour.flatMap(({ userId }) => bucketsOf(sketchOf(userId)))).size;
      const listeners = Math.round(-64 * Math.log(1 - buckets / 64));
      const score = Math.floor((1000 * (hour.length - expected)) / Math.sqrt(expected + 1));
      const entry = { id, score: BigInt(score), plays: hour.length, expected, listeners };
      return listeners >= 5 && score > 0 ? [{ entry, first }] : [];
    })
    .sort(
      (a, b) =>
        Number(b.entry.score - a.entry.score) || a.first - b.first || (a.entry.id < b.entry.id ? -1 : 1),
    )
    .map(({ entry }) => entry);
}

test("the chart is what all plays give, however they are spread over shards and epochs", async () => {
  let charted = 0;
  await fc.assert(
    fc.asyncProperty(someArrivals, async (arrivals) => {
      const pipeline = await counted(arrivals);

      const songs = await entriesOf(pipeline);
      charted += songs.length;
      expect(songs).toEqual(expectedEntries(arrivals, ({ track }) => track.id));
      expect(await entriesOf(pipeline, "artists")).toEqual(
        expectedEntries(arrivals, ({ track }) => track.artist),
      );
    }),
    { numRuns: 60 },
  );
  expect(charted).toBeGreaterThan(20);
}, 60_000);

/** As many listeners play a song once, a second apart from each other. */
const playedBy = (
  listeners: number,
  startedAt: number,
  track: Play["track"]["id"] | string = "S1",
): Arrival[] =>
  Array.from({ length: listeners }, (_, i) => ({
    play: aPlay({
      userId: `U${i}`,
      track: { id: track, artist: "Coldplay" },
      startedAt: startedAt + i * 1000,
    }),
    lateMs: 1000,
    shard: 0,
    isLast: i === listeners - 1,
  }));

test("a play of the day before that comes over an hour late lowers a score, and the song leaves where nothing is left", async () => {
  const now = playedBy(10, aMoment);
  const late = (count: number): Arrival[] =>
    Array.from({ length: count }, (_, i) => ({
      play: aPlay({ userId: `U${i}`, track: { id: "S1" }, startedAt: aMoment - 3 * hourMs }),
      lateMs: 3 * hourMs + 20 * minuteMs,
      shard: 0,
      isLast: true,
    }));

  const [before] = await entriesOf(await counted(now));
  const [lowered] = await entriesOf(await counted([...now, ...late(2)]));

  expect(before).toMatchObject({ plays: 10, expected: 3, score: 3500n });
  expect(lowered).toMatchObject({ plays: 10, expected: 4, score: 2683n });
  expect(await entriesOf(await counted([...now, ...late(20)]))).toEqual([]);
});

describe("the chart of an hour", () => {
  test("begins empty, and does not know who played in the hour before", async () => {
    const pipeline = await counted(playedBy(10, aMoment - 10 * minuteMs));
    const before = currentWindows((aMoment - hourMs) as typeof aMoment);

    expect((await pipeline.chart("songs", before.rising))?.entries).toHaveLength(1);
    expect(await pipeline.chart("songs", rising)).toBeUndefined();
  });

  test("takes in what started a little ahead, in the hour before it by the epoch's clock", async () => {
    const ahead = playedBy(10, aMoment + 5 * minuteMs).map((arrival) => ({
      ...arrival,
      lateMs: -10 * minuteMs,
    }));

    expect(await entriesOf(await counted(ahead))).toMatchObject([{ id: "S1", plays: 10 }]);
  });

  test("has nobody who is played by one listener, or too short", async () => {
    const byOne = playedBy(30, aMoment).map(({ play, ...arrival }) => ({
      ...arrival,
      play: { ...play, userId: "U1" as Play["userId"] },
    }));
    const skipped = playedBy(30, aMoment, "S2").map(({ play, ...arrival }) => ({
      ...arrival,
      play: { ...play, msPlayed: 29_999 },
    }));

    expect(await entriesOf(await counted([...byOne, ...skipped]))).toEqual([]);
  });
});

test("a counter is nominated for the hours that are not over, with no score where it does not rise", async () => {
  const pipeline = await counted(playedBy(3, aMoment));
  const counters = [];
  for await (const counter of pipeline.stores.counters.list("SONG#")) counters.push(counter);
  const [counter] = counters;
  if (counter === undefined) throw new Error("no song");

  const nominations = (now: number) =>
    nominate("S1", "", counter, counter, now as typeof aMoment)
      .filter(({ window }) => window.startsWith("r."))
      .map(({ window, candidate: { score, plays } }) => [window, score, plays]);

  expect(nominations(aMoment + hourMs - 1)).toEqual([[rising, 0n, 3]]);
  expect(nominations(aMoment + hourMs)).toEqual([]);
});
