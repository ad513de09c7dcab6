import { expect, test } from "vitest";
import { arrivalsOf, holdsAWindow, liesIn } from "#functions/verify/window-range.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { dayMs, hourMs, weekMs } from "#src/domain/windows.ts";

/** A Monday. */
const monday = Date.parse("2026-11-16") as EpochMs;
const rangeOf = (lengthMs: number, from: number = monday) => ({
  from: from as EpochMs,
  to: (from + lengthMs) as EpochMs,
});

test.each([
  ["an hour's for 48 hours", hourMs, 48 * hourMs],
  ["a day's for 8 days", dayMs, 8 * dayMs],
  ["a week's for 5 weeks", weekMs, 5 * weekMs],
  ["six days' as a day's", 6 * dayMs, 8 * dayMs],
])(
  "plays of a range arrive from two hours before it until the grace of its longest window: %s",
  (_, lengthMs, graceMs) => {
    const range = rangeOf(lengthMs);

    expect(arrivalsOf(range)).toEqual({ from: range.from - 2 * hourMs, to: range.to + graceMs });
  },
);

test("seven days that begin on a Tuesday hold no week", () => {
  const range = rangeOf(weekMs, monday + dayMs);

  expect(arrivalsOf(range).to).toBe(range.to + 8 * dayMs);
  expect(liesIn("w.2026W47", range)).toBe(false);
});

test("a window lies in a range that it fills, and in none that is a millisecond shorter", () => {
  const week = rangeOf(weekMs);

  expect(liesIn("w.2026W47", week)).toBe(true);
  expect(liesIn("w.2026W47", { ...week, to: (week.to - 1) as EpochMs })).toBe(false);
  expect(liesIn("w.2026W47", { ...week, from: (week.from + 1) as EpochMs })).toBe(false);
});

test.each(["x.20261116", "y.20261010"])("a list that decays lies in no range: %s", (window) => {
  expect(liesIn(window, rangeOf(60 * dayMs, Date.parse("2026-10-01")))).toBe(false);
});

test("an hour that is cut at either end is no window", () => {
  const hour = rangeOf(hourMs);

  expect(holdsAWindow(hour)).toBe(true);
  expect(holdsAWindow({ ...hour, from: (hour.from + 1) as EpochMs })).toBe(false);
  expect(holdsAWindow({ ...hour, to: (hour.to - 1) as EpochMs })).toBe(false);
});
