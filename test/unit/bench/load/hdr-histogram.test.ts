import fc from "fast-check";
import { expect, test } from "vitest";
import { HdrHistogram } from "#bench/load/hdr-histogram.ts";

const histogramOf = (times: readonly number[]): HdrHistogram => {
  const histogram = new HdrHistogram();
  for (const ms of times) histogram.add(ms);
  return histogram;
};

/** The exact percentile. */
const rankOf = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * times.length)) - 1] ?? Number.NaN;

/** From microseconds to an hour, with as many short times as long ones. */
const someMs = fc.double({ min: -3, max: Math.log10(3_600_000), noNaN: true }).map((power) => 10 ** power);
const someTimes = fc.array(someMs, { minLength: 1, maxLength: 200 });
const someShare = fc.double({ min: 0, max: 1, noNaN: true });

test("a percentile is the exact one within 0.1 %, and never less but for a rounded microsecond", () => {
  fc.assert(
    fc.property(someTimes, someShare, (times, share) => {
      const exact = rankOf(times, share);

      const found = histogramOf(times).percentile(share);

      expect(found).toBeGreaterThanOrEqual(exact - 0.000_501);
      expect(found).toBeLessThanOrEqual(exact * 1.001 + 0.000_501);
    }),
  );
});

test("merged histograms are the histogram of all times", () => {
  fc.assert(
    fc.property(someTimes, someTimes, (some, others) => {
      const merged = histogramOf(some);
      merged.merge(histogramOf(others));
      const all = histogramOf([...some, ...others]);

      expect(merged.total).toBe(all.total);
      expect(merged.longestMs).toBe(all.longestMs);
      expect(merged.meanMs).toBeCloseTo(all.meanMs, 5);
      expect(merged.curve()).toEqual(all.curve());
    }),
  );
});

test("a time that was added with a count is that many", () => {
  const one = histogramOf([5, 7, 7, 7]);

  const counted = new HdrHistogram();
  counted.add(5);
  counted.add(7, 3);

  expect(counted.curve()).toEqual(one.curve());
  expect(counted.meanMs).toBe(6.5);
});

test("the longest time is exact, and the curve ends with it", () => {
  const histogram = histogramOf([1, 2, 1234.567_89]);

  expect(histogram.longestMs).toBe(1234.567_89);
  expect(histogram.percentile(1)).toBe(1234.567_89);
  expect(histogram.curve().at(-1)).toEqual({ share: 1, ms: 1234.567_89 });
});

test("what is less than nothing counts as nothing, and more than an hour as an hour", () => {
  const histogram = histogramOf([-3, 7_200_000]);

  expect(histogram.percentile(0.5)).toBe(0);
  expect(histogram.percentile(1)).toBeCloseTo(3_600_000, -4);
});

test("nothing has no percentiles, before the first time and after it is cleared", () => {
  const histogram = histogramOf([1]);
  histogram.clear();

  expect(histogram.percentile(0.5)).toBeNaN();
  expect(histogram.longestMs).toBeNaN();
  expect(histogram.curve()).toEqual([]);
  expect(histogram.total).toBe(0);
});
