import { describe, expect, test } from "vitest";
import { KnownCharts } from "#functions/mapreduce/known-charts.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { WindowId } from "#src/domain/windows.ts";
import { chartKey, encodeChart } from "#src/wire/chart-codec.ts";
import { anEntry, todaysSongs } from "#test/support/published.ts";

const chart = todaysSongs(3, 7, [anEntry("a"), anEntry("b")]);
const key = chartKey(chart.list, chart.window);

describe("known charts", () => {
  test("are not decoded again while they are stored as they were written or read", () => {
    const known = new KnownCharts();

    const written = known.encode(key, chart);
    const [first, second] = [known.decode(key, written), known.decode(key, written)];

    expect(written).toBe(encodeChart(chart));
    expect(first).toBe(chart);
    expect(second).toBe(chart);
  });

  test("are what is stored, where somebody else has written", () => {
    const known = new KnownCharts();
    known.encode(key, chart);
    const other = todaysSongs(4, 8, [anEntry("b"), anEntry("a")]);

    const read = known.decode(key, encodeChart(other));

    expect(read).toEqual(other);
    expect(() => known.decode(key, "{")).toThrow(CorruptStoreError);
  });

  test("are forgotten once many others were asked for", () => {
    const known = new KnownCharts();
    const body = known.encode(key, chart);
    for (let hour = 10; hour < 80; hour++) {
      const window = `h.20261120${hour}` as WindowId;
      known.encode(chartKey("songs", window), { ...chart, window });
    }

    const read = known.decode(key, body);

    expect(read).not.toBe(chart);
    expect(read).toEqual(chart);
  });
});
