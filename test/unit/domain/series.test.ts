import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import { SegmentBuilder } from "#src/domain/segment-builder.ts";
import { type Minute, noSeries, type Series, SeriesFold } from "#src/domain/series.ts";
import { dayMs, minuteMs } from "#src/domain/windows.ts";
import { aMoment } from "#test/support/arbitraries.ts";
import { aPlay } from "#test/support/builders.ts";

interface Arrival {
  readonly play: Play;
  readonly at: number;
}

/** A play that arrives so many minutes after `aMoment`. */
const arriving = (minutes: number, play: Parameters<typeof aPlay>[0] = {}): Arrival => ({
  play: aPlay({ msPlayed: 60_000, ...play }),
  at: aMoment + minutes * minuteMs,
});

function segmentOf(arrivals: readonly Arrival[]) {
  const builder = new SegmentBuilder();
  for (const { play, at } of arrivals) builder.addPlay(play, 1, 2, at as EpochMs);
  return builder.finish(() => 1);
}

/** The series after one more epoch, whose segments hold these. */
function added(series: Series, epoch: number, ...segments: (readonly Arrival[])[]): Series {
  const fold = new SeriesFold();
  for (const arrivals of segments) fold.add(segmentOf(arrivals));
  return fold.addTo(series, epoch as EpochNumber);
}

const seen = ({ minutes }: Series) =>
  minutes.map(({ minute, plays }) => [(minute - aMoment) / minuteMs, plays]);
const byMinute = (series: Series, minutes: number): Minute => {
  const found = series.minutes.find(({ minute }) => minute === aMoment + minutes * minuteMs);
  if (found === undefined) throw new Error(`no minute ${minutes}`);
  return found;
};

describe("the series of minutes", () => {
  test("takes an epoch whose plays arrived over months, as a replay makes it, and keeps the last hour", () => {
    const months = 150_000;

    const series = added(
      noSeries,
      1,
      Array.from({ length: months }, (_, minute) => arriving(minute)),
    );

    expect(seen(series)).toEqual(Array.from({ length: 60 }, (_, i) => [months - 60 + i, 1]));
  });

  test("sums what arrived in a minute, and says who changed it last", () => {
    const track = { durationMs: 100_000 };
    const series = added(
      noSeries,
      3,
      [
        arriving(0, { userId: "a", msPlayed: 90_000, track }),
        arriving(0.99, { userId: "b", msPlayed: 20_000, track }),
      ],
      [arriving(1, { userId: "a", msPlayed: 40_000 })],
    );

    expect(series.minutes).toEqual([
      {
        ...{ minute: aMoment, plays: 2, unqualified: 1, completes: 1, skips: 1, listenedMs: 110_000 },
        ...{ listeners: 2, registers: expect.any(Uint8Array), epoch: 3 },
      },
      {
        ...{
          minute: aMoment + minuteMs,
          plays: 1,
          unqualified: 0,
          completes: 0,
          skips: 0,
          listenedMs: 40_000,
        },
        ...{ listeners: 1, registers: expect.any(Uint8Array), epoch: 3 },
      },
    ]);
  });

  test("a listener who comes back in a later epoch is the same one", () => {
    const first = added(noSeries, 1, [arriving(0, { userId: "a" }), arriving(0, { userId: "b" })]);

    const second = added(first, 2, [arriving(0, { userId: "b" }), arriving(0, { userId: "c" })]);

    expect(byMinute(second, 0)).toMatchObject({ plays: 4, listeners: 3, epoch: 2 });
  });

  test("an epoch without plays leaves it as it is", () => {
    const series = added(noSeries, 1, [arriving(0)]);

    expect(added(series, 2, [])).toBe(series);
    expect(new SeriesFold().addTo(series, 2 as EpochNumber)).toBe(series);
  });

  test("a minute that is five minutes old knows how many were there and no longer who", () => {
    const series = added(added(noSeries, 1, [arriving(0), arriving(1)]), 2, [arriving(5)]);

    expect(byMinute(series, 0)).toMatchObject({ listeners: 1, registers: undefined, epoch: 1 });
    expect(byMinute(series, 1).registers).toBeInstanceOf(Uint8Array);
  });

  test("a shard that lags adds to a closed minute exactly, and its listeners are the larger estimate", () => {
    const users = (...ids: string[]) => ids.map((userId) => arriving(0, { userId }));
    const closed = added(added(noSeries, 1, users("a", "b")), 2, [arriving(9)]);

    const fewer = added(closed, 3, users("c"));
    const more = added(fewer, 4, users("d", "e", "f"));

    expect(byMinute(fewer, 0)).toMatchObject({ plays: 3, listeners: 2, registers: undefined, epoch: 3 });
    expect(byMinute(more, 0)).toMatchObject({ plays: 6, listenedMs: 360_000, listeners: 3, epoch: 4 });
  });

  test("keeps the hour before its newest minute", () => {
    const series = added(noSeries, 1, [arriving(0)], [arriving(1)], [arriving(59)]);

    expect(seen(series)).toEqual([
      [0, 1],
      [1, 1],
      [59, 1],
    ]);
    expect(seen(added(series, 2, [arriving(60)]))).toEqual([
      [1, 1],
      [59, 1],
      [60, 1],
    ]);
    expect(seen(added(added(series, 2, [arriving(60)]), 3, [arriving(0)]))).toEqual([
      [1, 1],
      [59, 1],
      [60, 1],
    ]);
  });

  test("is the same in any order of segments, and its sums are the same however they are cut into epochs", () => {
    const someArrivals = fc
      .array(
        fc.record({ minutes: fc.nat(9), user: fc.nat(5), msPlayed: fc.constantFrom(0, 40_000, 90_000) }),
        {
          maxLength: 30,
        },
      )
      .map((all) =>
        all
          .sort((a, b) => a.minutes - b.minutes)
          .map(({ minutes, user, msPlayed }) =>
            arriving(minutes, { userId: `u${user}`, msPlayed, track: { durationMs: 100_000 } }),
          ),
      );
    const sums = ({ minutes }: Series) =>
      minutes.map(({ listeners: _, registers: __, epoch: ___, ...minute }) => minute);
    fc.assert(
      fc.property(someArrivals, someArrivals, (a, b) => {
        const together = added(noSeries, 1, a, b);

        expect(added(noSeries, 1, b, a)).toEqual(together);
        const apart = added(added(noSeries, 1, b), 2, a);
        expect(sums(apart)).toEqual(sums(together));
        const endings = { completed: 0, skipped: 0, neither: 0, ...apart.day, epoch: 1 };
        expect({ completed: 0, skipped: 0, neither: 0, ...together.day, epoch: 1 }).toEqual(endings);
      }),
    );
  });
});

describe("how a day's plays ended", () => {
  const track = { durationMs: 100_000 };

  test("each is completed, skipped or neither, and one that is both is skipped", () => {
    const { day } = added(noSeries, 7, [
      arriving(0, { msPlayed: 90_000, track }),
      arriving(1, { msPlayed: 10_000, track }),
      arriving(2, { msPlayed: 90_000, endReason: "skip", track }),
      arriving(3, { msPlayed: 90_000 }),
      arriving(4, { msPlayed: 95_000, track }),
    ]);

    expect(day).toEqual({ day: aMoment - (aMoment % dayMs), completed: 2, skipped: 2, neither: 1, epoch: 7 });
  });

  test("the next day begins with its first play, and a play that lags behind it changes nothing", () => {
    const aDay = dayMs / minuteMs;
    const today = added(noSeries, 1, [arriving(0), arriving(1)]);
    const tomorrow = added(today, 2, [arriving(2)], [arriving(aDay)]);

    expect(tomorrow.day).toMatchObject({ day: aMoment - (aMoment % dayMs) + dayMs, neither: 1, epoch: 2 });
    expect(added(tomorrow, 3, [arriving(3)]).day).toEqual(tomorrow.day);
  });
});
