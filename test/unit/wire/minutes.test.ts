import fc from "fast-check";
import { expect, test } from "vitest";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { SegmentBuilder } from "#src/domain/segment-builder.ts";
import { noSeries, type Series, SeriesFold } from "#src/domain/series.ts";
import { minuteMs } from "#src/domain/windows.ts";
import { applyMinutes, type MinuteView, viewMinute } from "#src/wire/minutes.ts";
import { aMoment } from "#test/support/arbitraries.ts";
import { aPlay } from "#test/support/builders.ts";

/** Each epoch's arrivals in minutes; shards lag and time jumps. */
const someEpochs = fc.array(
  fc
    .array(fc.oneof(fc.nat(9), fc.nat(130)), { maxLength: 8 })
    .map((minutes) => minutes.sort((a, b) => a - b)),
  { minLength: 1, maxLength: 10 },
);

function seriesOf(epochs: readonly (readonly number[])[]): readonly Series[] {
  let series = noSeries;
  return epochs.map((minutes, index) => {
    const builder = new SegmentBuilder();
    for (const minute of minutes) builder.addPlay(aPlay(), 1, 2, (aMoment + minute * minuteMs) as EpochMs);
    const fold = new SeriesFold();
    fold.add(builder.finish(() => 1));
    series = fold.addTo(series, (index + 1) as EpochNumber);
    return series;
  });
}

const changedSince = ({ minutes }: Series, epoch: number): readonly MinuteView[] =>
  minutes.filter((minute) => minute.epoch > epoch).map(viewMinute);

test("following the minutes epoch by epoch, or all that was missed at once, shows what a new client is shown", () => {
  fc.assert(
    fc.property(someEpochs, fc.nat(), (epochs, from) => {
      const series = seriesOf(epochs);
      const first = from % series.length;
      const last = series.at(-1) ?? noSeries;
      let held: readonly MinuteView[] = (series[first] ?? noSeries).minutes.map(viewMinute);
      const atOnce = applyMinutes(held, changedSince(last, first + 1));

      for (const [index, each] of series.entries())
        if (index > first) held = applyMinutes(held, changedSince(each, index));

      expect(held).toEqual(last.minutes.map(viewMinute));
      expect(atOnce).toEqual(held);
    }),
  );
});

test("a minute shows no registers, which listeners could be looked for in", () => {
  const [minute] = (seriesOf([[0]])[0] ?? noSeries).minutes.map(viewMinute);

  expect(minute).toEqual({
    ...{ minute: aMoment, plays: 1, unqualified: 0, completes: 0, skips: 0, listened_ms: 0, listeners: 1 },
  });
});
