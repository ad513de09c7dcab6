import fc from "fast-check";
import { expect, test } from "vitest";
import { formatIsoTime, parseIsoTime } from "#src/wire/iso-time.ts";

const anyTime = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });

test("times come back, and agree with Date", () => {
  fc.assert(
    fc.property(anyTime, (time) => {
      const iso = new Date(time).toISOString();

      expect(formatIsoTime(time)).toBe(iso);
      expect(parseIsoTime(iso)).toBe(time);
    }),
  );
});

test("every text agrees with Date, or is no time", () => {
  const digit = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, "0"));
  const day = fc.tuple(fc.constantFrom("2023", "2024", "1900", "2000"), digit, digit).map((d) => d.join("-"));
  const zone = fc.constantFrom("Z", "+01:00", "-13:59", "+25:00", "+01:60");
  fc.assert(
    fc.property(day, digit, digit, digit, zone, (date, h, m, s, z) => {
      const text = `${date}T${h}:${m}:${s}${z}`;
      const parsed = parseIsoTime(text);
      const expected = Date.parse(text);

      // Date rolls days over and knows 24:00; what it refuses we refuse, what we take it reads alike.
      if (parsed !== undefined) expect(parsed).toBe(expected);
      else if (!Number.isNaN(expected) && h !== "24") {
        expect(new Date(Date.parse(`${date}T00:00Z`)).toISOString().slice(0, 10)).not.toBe(date);
      }
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ["2026-11-20", "2026-11-20T00:00:00.000Z"],
  ["2026-11-20T12:34", "2026-11-20T12:34:00.000Z"],
  ["2026-11-20 12:34:56", "2026-11-20T12:34:56.000Z"],
  ["2026-11-20T12:34:56.7", "2026-11-20T12:34:56.700Z"],
  ["2026-11-20T12:34:56,123999999", "2026-11-20T12:34:56.123Z"],
  ["2026-11-20T12:34:56+0530", "2026-11-20T07:04:56.000Z"],
  ["2026-11-20T12:34:56-05", "2026-11-20T17:34:56.000Z"],
  ["2024-02-29T00:00:00z", "2024-02-29T00:00:00.000Z"],
])("%s is %s", (text, iso) => {
  expect(formatIsoTime(parseIsoTime(text) ?? Number.NaN)).toBe(iso);
});

test.each([
  ...["", "2026", "2026-13-01", "2026-00-10", "2026-01-00", "2025-02-29", "1900-02-29", "2026-04-31"],
  ...[
    "2026-11-20T",
    "2026-11-20T24:00:00",
    "2026-11-20T12:60:00",
    "2026-11-20T12:00:60",
    "2026-11-20T12:00:00.",
  ],
  ...[
    "2026-11-20T12:00:00+",
    "2026-11-20T12:00:00+1:00",
    "2026-11-20T12:00:00Zx",
    " 2026-11-20",
    "2026-11-20x",
  ],
  ...["20/11/2026", "2026-11-20T12:00:00.Z", "２０２６-11-20", "1795176000000"],
])("%j is no time", (text) => {
  expect(parseIsoTime(text)).toBeUndefined();
});
