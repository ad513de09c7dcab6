import fc from "fast-check";
import { expect, test } from "vitest";
import type { EpochMs } from "#src/domain/play.ts";
import {
  currentWindows,
  dayMs,
  hourMs,
  hourWindow,
  isExpired,
  risingWindow,
  startOfHour,
  weekMs,
  windowOf,
  windowShares,
} from "#src/domain/windows.ts";

const at = (iso: string): EpochMs => Date.parse(iso) as EpochMs;
const someTime = fc.integer({ min: at("2002-10-01T00:00:00Z"), max: at("2200-01-01T00:00:00Z") });

test("each window has the name of its UTC hour, day, ISO week and landmark", () => {
  expect(currentWindows(at("2026-11-20T14:59:59.999Z"))).toEqual({
    hot: "x.20261120",
    hot24: "y.20261103",
    rising: "r.2026112014",
    hour: "h.2026112014",
    day: "d.20261120",
    week: "w.2026W47",
    all: "all",
  });
});

test.each([
  ["2020-12-31T12:00:00Z", "w.2020W53"],
  ["2021-01-03T23:59:59Z", "w.2020W53"],
  ["2021-01-04T00:00:00Z", "w.2021W01"],
  ["2024-12-30T00:00:00Z", "w.2025W01"],
  ["2027-01-01T00:00:00Z", "w.2026W53"],
])("the ISO week of %s is %s", (iso, week) => {
  expect(currentWindows(at(iso)).week).toBe(week);
});

test("names agree with the calendar of the platform", () => {
  fc.assert(
    fc.property(someTime, (ms) => {
      const digits = new Date(ms).toISOString().replaceAll(/\D/g, "");

      const windows = currentWindows(ms as EpochMs);

      expect(windows.hour).toBe(`h.${digits.slice(0, 10)}`);
      expect(windows.day).toBe(`d.${digits.slice(0, 8)}`);
    }),
  );
});

test("a play may enter its own hour, day and week, and closes with the grace of each", () => {
  const startedAt = at("2026-11-20T14:30:00Z");

  const shares = windowShares(startedAt).filter((share) => share.kind === "calendar");

  expect(shares.map((share) => [share.window, share.closesAt])).toEqual([
    ["h.2026112014", at("2026-11-20T15:00:00Z") + 48 * hourMs],
    ["d.20261120", at("2026-11-21T00:00:00Z") + 8 * dayMs],
    ["w.2026W47", at("2026-11-23T00:00:00Z") + 5 * weekMs],
  ]);
});

test("a window's totals are dropped after twice its grace, and not a millisecond before", () => {
  fc.assert(
    fc.property(someTime, (ms) => {
      for (const share of windowShares(ms as EpochMs)) {
        expect(isExpired(share.window, share.dropAt as EpochMs)).toBe(true);
        expect(isExpired(share.window, (share.dropAt - 1) as EpochMs)).toBe(false);
      }
    }),
  );
});

test("what is no window never expires", () => {
  const farFuture = at("2999-01-01T00:00:00Z");

  expect(isExpired("all", farFuture)).toBe(false);
  expect(isExpired("plays", farFuture)).toBe(false);
});

test("a play counts for its landmark of hot, for the next from 8:00 on, and for the one before in the first hour", () => {
  const landmarks = (iso: string) =>
    windowShares(at(iso))
      .map((share) => share.window)
      .filter((window) => window.startsWith("x."));

  expect(landmarks("2026-11-20T00:59:00Z")).toEqual(["x.20261119", "x.20261120"]);
  expect(landmarks("2026-11-20T01:00:00Z")).toEqual(["x.20261120"]);
  expect(landmarks("2026-11-20T07:59:00Z")).toEqual(["x.20261120"]);
  expect(landmarks("2026-11-20T08:00:00Z")).toEqual(["x.20261120", "x.20261121"]);
});

test("a play counts for its landmark of hot24, for the next from its ninth day on, and for the one before in the first hour", () => {
  const landmarks = (iso: string) =>
    windowShares(at(iso))
      .map((share) => share.window)
      .filter((window) => window.startsWith("y."));

  expect(landmarks("2026-11-03T00:59:00Z")).toEqual(["y.20261010", "y.20261103"]);
  expect(landmarks("2026-11-03T01:00:00Z")).toEqual(["y.20261103"]);
  expect(landmarks("2026-11-10T23:59:00Z")).toEqual(["y.20261103"]);
  expect(landmarks("2026-11-11T00:00:00Z")).toEqual(["y.20261103", "y.20261127"]);
});

test("a landmark takes plays until it ends, and is dropped an hour later", () => {
  const shares = windowShares(at("2026-11-20T14:30:00Z")).filter((share) => share.kind === "decay");

  expect(shares.map((share) => [share.window, share.closesAt, share.dropAt - share.closesAt])).toEqual([
    ["x.20261120", at("2026-11-21T00:00:00Z"), hourMs],
    ["x.20261121", at("2026-11-22T00:00:00Z"), hourMs],
    ["y.20261103", at("2026-11-27T00:00:00Z"), hourMs],
    ["y.20261127", at("2026-12-21T00:00:00Z"), hourMs],
  ]);
});

test("a play belongs to the hour of rising in which it started, unless that is over", () => {
  const now = at("2026-11-20T14:30:00Z");

  expect(risingWindow(at("2026-11-20T14:00:00Z"), now)).toBe("r.2026112014");
  expect(risingWindow(at("2026-11-20T15:10:00Z"), now)).toBe("r.2026112015");
  expect(risingWindow(at("2026-11-20T13:59:59.999Z"), now)).toBeUndefined();
});

test("an hour of rising begins and ends with the hour, and is dropped then", () => {
  fc.assert(
    fc.property(someTime, (ms) => {
      const start = (Math.floor(ms / hourMs) * hourMs) as EpochMs;
      const { rising, hour } = currentWindows(ms as EpochMs);

      expect(startOfHour(rising)).toBe(start);
      expect(hourWindow(start)).toBe(hour);
      expect(isExpired(rising, (start + hourMs - 1) as EpochMs)).toBe(false);
      expect(isExpired(rising, (start + hourMs) as EpochMs)).toBe(true);
      expect(windowOf(rising)).toBe("rising");
    }),
  );
});
