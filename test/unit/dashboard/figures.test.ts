import { describe, expect, test } from "vitest";
import { minuteMs } from "#src/domain/windows.ts";
import { entryDetails, risingReason } from "../../../dashboard/lib/chart-words.ts";
import { silenceOf } from "../../../dashboard/lib/connection.ts";
import { nameOfValue } from "../../../dashboard/lib/dimensions.ts";
import * as format from "../../../dashboard/lib/format.ts";
import { hourColumns } from "../../../dashboard/lib/hour-columns.ts";
import { minuteSeries, sumMinutes } from "../../../dashboard/lib/minute-series.ts";
import { percentile } from "../../../dashboard/lib/percentile.ts";
import { recommendationReason } from "../../../dashboard/lib/recommendation-reason.ts";

const now = Date.parse("2026-11-27T08:30:20Z");
const running = Date.parse("2026-11-27T08:30:00Z");

const aMinute = (minute: number, plays: number) => ({
  ...{
    minute,
    plays,
    unqualified: 0,
    completes: plays / 2,
    skips: plays / 4,
    listened_ms: 0,
    listeners: plays,
  },
});

describe("percentiles", () => {
  test("are values by nearest rank", () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);

    expect(percentile(values, 0.5)).toBe(50);
    expect(percentile(values, 0.99)).toBe(99);
    expect(percentile([7], 0.99)).toBe(7);
    expect(percentile([], 0.5)).toBeUndefined();
  });
});

describe("the last hour", () => {
  test("ends with the running minute; where none was sent nobody played, and before the first nothing is known", () => {
    const series = minuteSeries([aMinute(running - 3 * minuteMs, 8), aMinute(running - minuteMs, 4)], now);

    expect(series.times.at(-1)).toBe(running / 1000);
    expect(series.plays.slice(-5)).toEqual([null, 8, 0, 4, 0]);
    expect(series.skipRate.slice(-4)).toEqual([25, null, 25, null]);
    expect(series.completionRate.at(-2)).toBe(50);
  });

  test("has ten minutes at least, all since the first, and sixty at most", () => {
    const lengthSince = (minutesAgo: number) =>
      minuteSeries([aMinute(running - minutesAgo * minuteMs, 1)], now).times.length;

    expect([0, 9, 10, 40, 59, 60].map(lengthSince)).toEqual([10, 10, 11, 41, 60, 60]);
    expect(minuteSeries([], now).times).toHaveLength(10);
  });

  test("a server whose clock is ahead has the newest minute", () => {
    const series = minuteSeries([aMinute(running + minuteMs, 3)], now);

    expect(series.plays.at(-1)).toBe(3);
  });

  test("sums up", () => {
    expect(sumMinutes([aMinute(1, 8), aMinute(2, 4)])).toEqual({ plays: 12, skips: 3, completes: 6 });
  });
});

test("hours that are left out had no plays", () => {
  const { x, plays } = hourColumns([{ hour: "2026-11-27T06:00:00.000Z", plays: 9 }], now);

  expect(x).toHaveLength(12);
  expect(x.at(-1)).toBe(Date.parse("2026-11-27T08:00:00Z") / 1000);
  expect(plays.slice(-4)).toEqual([0, 9, 0, 0]);
});

test("the hours since the first play are shown, 48 at most", () => {
  const lengthFrom = (hour: string) => hourColumns([{ hour, plays: 1 }], now).x.length;

  expect(lengthFrom("2026-11-26T08:00:00.000Z")).toBe(25);
  expect(lengthFrom("2026-11-20T08:00:00.000Z")).toBe(48);
  expect(hourColumns([], now).x).toHaveLength(12);
});

describe("words", () => {
  const entry = {
    ...{ rank: 1, previous_rank: 4, peak: 1, id: "t", title: "Yellow", artist: "Coldplay" },
    ...{ plays: 62, listened_ms: 7_200_000, score: 8.7, first_played_at: 0 },
  };

  test("say why a song rises", () => {
    expect(risingReason({ ...entry, expected: 21, listeners: 40 })).toBe(
      "62 plays this hour, 21 expected, about 40 listeners",
    );
    expect(risingReason({ ...entry, plays: 1, expected: 0.3, listeners: 1 })).toBe(
      "1 play this hour, 0.3 expected, about 1 listener",
    );
    expect(risingReason({ ...entry, expected: 21, listeners: 70 })).toMatch(/about 62 listeners$/);
    expect(risingReason(entry)).toBeUndefined();
  });

  test("tell the rest of an entry", () => {
    expect(entryDetails(entry)).toBe("was 4 · peak 1 · 62 plays · 2 h listened");
    expect(entryDetails({ ...entry, previous_rank: null })).toMatch(/^new · /);
  });

  test("name a country, and leave other values alone", () => {
    expect(nameOfValue({ by: "country", value: "GB" })).toBe("United Kingdom");
    expect(nameOfValue({ by: "country", value: "Atlantis" })).toBe("Atlantis");
    expect(nameOfValue({ by: "genre", value: "GB" })).toBe("GB");
  });

  test("say where a recommendation comes from", () => {
    expect(recommendationReason({ list: "hot", rank: 3 })).toBe("#3 of what is hot now");
    expect(recommendationReason({ list: "all", rank: 1200 })).toBe("#1,200 of all time");
  });
});

describe("figures", () => {
  test.each([
    [format.formatCount(1234567), "1,234,567"],
    [format.formatScore(12.345), "12.3"],
    [format.formatScore(12), "12"],
    [format.formatScore(123.4), "123"],
    [format.formatShare(1, 8), "12.5 %"],
    [format.formatShare(0, 0), "–"],
    [format.formatAge(-500), "0 s"],
    [format.formatAge(59_400), "59 s"],
    [format.formatAge(3_599_000), "59 min"],
    [format.formatAge(7_200_000), "2 h"],
    [format.formatAge(200_000_000), "2 d"],
    [format.formatDelay(849.6), "850 ms"],
    [format.formatDelay(1234), "1.2 s"],
    [format.formatDelay(-3), "0 ms"],
    [format.formatPosition(185_000), "3:05"],
    [format.formatListened(45_000), "45 s"],
    [format.formatListened(720_000), "12 min"],
    [format.formatListened(12_345_678), "3.4 h"],
    [format.formatPlural(1, "play"), "1 play"],
    [format.formatPlural(2000, "play"), "2,000 plays"],
  ])("are written %s", (written, expected) => {
    expect(written).toBe(expected);
  });
});

describe("the server is silent", () => {
  test("once the connection is lost for some seconds, since the last word", () => {
    expect(silenceOf({ state: "reconnecting", heardAt: 1000 }, 3000)).toBeUndefined();
    expect(silenceOf({ state: "reconnecting", heardAt: 1000 }, 5000)).toEqual({ since: 1000 });
  });

  test("not where a live connection has nothing to say, until a ping should have been answered", () => {
    expect(silenceOf({ state: "live", heardAt: 1000 }, 200_000)).toBeUndefined();
    expect(silenceOf({ state: "live", heardAt: 1000 }, 300_000)).toEqual({ since: 1000 });
  });

  test("where it never answered, once the first attempt has failed", () => {
    expect(silenceOf({ state: "connecting", heardAt: undefined }, 300_000)).toBeUndefined();
    expect(silenceOf({ state: "reconnecting", heardAt: undefined }, 5000)).toEqual({ since: undefined });
  });
});
