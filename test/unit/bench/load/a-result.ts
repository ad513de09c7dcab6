import { HdrHistogram } from "#bench/load/hdr-histogram.ts";
import type { LoadResult, LoadSample } from "#bench/load/run-load.ts";

export const aSample = (over: Partial<LoadSample> = {}): LoadSample => ({
  ...{ atMs: 1000, due: 1000, acknowledged: 1000, consumed: 1000, counted: 800, outstanding: 0, p95Ms: 12 },
  ...{ lagMs: 10, uncountedMs: 700, targetCpuMs: 200, ownCpuMs: 50, residentBytes: 200 * 2 ** 20 },
  ...over,
});

const histogramOf = (...times: readonly number[]): HdrHistogram => {
  const histogram = new HdrHistogram();
  for (const ms of times) histogram.add(ms);
  return histogram;
};

/** Ten seconds of 1,000 plays/s. */
export const aResult = (over: Partial<LoadResult> = {}): LoadResult => ({
  acknowledged: histogramOf(1, 2, 3, 4, 100),
  pushed: histogramOf(500, 900),
  plays: { due: 10_000, acknowledged: 10_000, failed: 0, dropped: 0 },
  reasons: new Map(),
  samples: Array.from({ length: 10 }, (_, i) =>
    aSample({ atMs: 1000 * (i + 1), acknowledged: 1000 * (i + 1), targetCpuMs: 200 * i, ownCpuMs: 50 * i }),
  ),
  memory: [],
  tookMs: 10_000,
  missing: 0,
  ...over,
});
