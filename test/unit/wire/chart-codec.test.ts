import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Chart, chartLists } from "#src/domain/chart.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { WindowId } from "#src/domain/windows.ts";
import { chartKey, decodeChart, encodeChart } from "#src/wire/chart-codec.ts";

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ unit: "binary" });
const plain = { noNullPrototype: true };
const requiredFigures = ["score", "plays", "listenedMs", "firstPlayedAt", "previousRank", "peak"] as const;
const charts: fc.Arbitrary<Chart> = fc.record(
  {
    list: fc.constantFrom(...chartLists),
    window: fc
      .constantFrom("all", "d.20261120", "x.20261120", "y.20261103", "r.2026112014")
      .map((id) => id as WindowId),
    epoch: count.map((n) => n as EpochNumber),
    seq: count,
    entries: fc.array(
      fc.record(
        {
          isBack: fc.constant(true as const),
          rise: fc.record(
            {
              expected: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((e) => e + 0),
              listeners: count,
            },
            plain,
          ),
          id: text,
          title: text,
          artist: text,
          score: fc.bigInt({ min: 0n, max: 10n ** 37n }),
          plays: count,
          listenedMs: count,
          firstPlayedAt: count.map((n) => n as EpochMs),
          previousRank: fc.option(count, { nil: undefined }),
          peak: count,
        },
        { ...plain, requiredKeys: ["id", "title", "artist", ...requiredFigures] },
      ),
    ),
    departures: fc.array(fc.record({ id: text, peak: count }, plain)),
  },
  plain,
);

describe("chart codec", () => {
  test("every chart survives the round trip exactly", () => {
    fc.assert(
      fc.property(charts, (chart) => {
        expect(decodeChart(encodeChart(chart))).toStrictEqual(chart);
      }),
    );
  });

  test("a key names the list and the window instance", () => {
    expect(chartKey("songs", "d.20261120" as WindowId)).toBe("CHART#songs#d.20261120");
  });

  test.each([
    ["no JSON", "{"],
    ["another value", "null"],
    ["an unknown list", '{"list":"cities","window":"all","epoch":1,"seq":1,"entries":[]}'],
    ["a score that is no integer", rowWith('"1.5"')],
    ["a score as a number", rowWith("15")],
    [
      "departures that are no list",
      '{"list":"songs","window":"all","epoch":1,"seq":1,"entries":[],"departures":{}}',
    ],
    [
      "a departure without a peak",
      '{"list":"songs","window":"all","epoch":1,"seq":1,"entries":[],"departures":[["a"]]}',
    ],
    ["entries that are no array", '{"list":"songs","window":"all","epoch":1,"seq":1,"entries":{}}'],
  ])("a body with %s is a corrupt store that names the key", (_what, body) => {
    const key = chartKey("songs", "all" as WindowId);

    const decode = () => decodeChart(body, key);

    expect(decode).toThrow(CorruptStoreError);
    expect(decode).toThrow("publication CHART#songs#all does not decode");
  });
});

function rowWith(score: string): string {
  return `{"list":"songs","window":"all","epoch":1,"seq":1,"entries":[["a","","",${score},1,1,1,null,1]]}`;
}
