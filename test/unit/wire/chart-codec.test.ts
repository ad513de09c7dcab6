import { deflateRawSync } from "node:zlib";
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

  test("a chart that is ordered takes three quarters of what rows take, deflated", () => {
    const entries = Array.from({ length: 500 }, (_, i) => ({
      id: `trk-${String((i * 7919) % 1_000_000).padStart(6, "0")}`,
      ...{ title: `Song ${(i * 31) % 997}`, artist: `Artist ${(i * 17) % 101}` },
      ...{ score: BigInt(90_000 - i * 150), plays: 90_000 - i * 150 },
      listenedMs: (90_000 - i * 150) * 181_357 + ((i * 7_919_131) % 1_000_000),
      firstPlayedAt: (1_795_000_000_000 + ((i * 6_700_417) % 90_000_000)) as EpochMs,
      ...{ previousRank: i % 9 === 0 ? undefined : i + 1, peak: Math.max(1, i - 3) },
    }));
    const head = { list: "songs", window: "all" as WindowId, epoch: 7 as EpochNumber, seq: 9 } as const;
    const rows = entries.map((e) => [
      ...[e.id, e.title, e.artist, String(e.score), e.plays, e.listenedMs, e.firstPlayedAt],
      ...[e.previousRank ?? null, e.peak],
    ]);

    const encoded = encodeChart({ ...head, entries, departures: [] });

    const size = (body: string) => deflateRawSync(body).length;
    expect(size(encoded)).toBeLessThan(0.75 * size(JSON.stringify({ ...head, entries: rows })));
  });

  test("a chart of rows, as it was written before, is read", () => {
    const rows =
      '[["a","A","X","12345678901234567890",3,4,5,null,1],["b","","Y","7",1,2,9,2,1,1],["c","C","Z","6",6,6,6,1,1,0,2.5,5]]';
    const body = `{"list":"songs","window":"all","epoch":4,"seq":2,"entries":${rows},"departures":[["d",3]]}`;

    const chart = decodeChart(body);

    expect(chart).toStrictEqual({
      ...{ list: "songs", window: "all", epoch: 4, seq: 2 },
      entries: [
        {
          ...{ id: "a", title: "A", artist: "X", score: 12_345_678_901_234_567_890n, plays: 3 },
          ...{ listenedMs: 4, firstPlayedAt: 5, previousRank: undefined, peak: 1 },
        },
        {
          ...{ id: "b", title: "", artist: "Y", score: 7n, plays: 1 },
          ...{ listenedMs: 2, firstPlayedAt: 9, previousRank: 2, peak: 1, isBack: true },
        },
        {
          ...{ id: "c", title: "C", artist: "Z", score: 6n, plays: 6 },
          ...{ listenedMs: 6, firstPlayedAt: 6, previousRank: 1, peak: 1 },
          rise: { expected: 2.5, listeners: 5 },
        },
      ],
      departures: [{ id: "d", peak: 3 }],
    });
    expect(decodeChart(encodeChart(chart))).toStrictEqual(chart);
  });

  test("a key names the list and the window instance", () => {
    expect(chartKey("songs", "d.20261120" as WindowId)).toBe("CHART#songs#d.20261120");
  });

  test.each([
    ["no JSON", "{"],
    ["another value", "null"],
    ["an unknown list", '{"list":"cities","window":"all","epoch":1,"seq":1,"entries":[]}'],
    ["a score that is no integer", rowWith('"1.5"')],
    ["a score difference that is no integer", columnsWith('"score":[1.5]')],
    ["a column that is too short", columnsWith('"peak":[]')],
    ["a column that is no list", columnsWith('"id":"a"')],
    ["plays that are negative", columnsWith('"plays":[-1]')],
    ["a previous rank as text", columnsWith('"previousRank":["1"]')],
    ["columns that are none", '{"list":"songs","window":"all","epoch":1,"seq":1,"columns":7}'],
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

/** One entry; of two cells of a name the last one counts. */
function columnsWith(cell: string): string {
  const columns =
    '"id":["a"],"title":[""],"artist":[""],"score":[-1],"listenedMs":[1],"firstPlayedAt":[1],"previousRank":[null],"peak":[0]';
  return `{"list":"songs","window":"all","epoch":1,"seq":1,"columns":{${columns},${cell}}}`;
}

function rowWith(score: string): string {
  return `{"list":"songs","window":"all","epoch":1,"seq":1,"entries":[["a","","",${score},1,1,1,null,1]]}`;
}
