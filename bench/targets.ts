import type { Target } from "./harness/check.ts";

/** What the figures have to reach: ratios of medians in one run on one machine. `npm run bench -- --check` holds them. */
export const targets: readonly Target[] = [
  {
    id: "analyze-json",
    case: "batch",
    what: "analyze with JSON blocks, 1M rows: rows per CPU-second beside DuckDB on one thread",
    bound: { atLeast: 0.15 },
  },
  {
    id: "consume-gzip",
    case: "consumer",
    what: "plays per second and core from gzip records of 80 plays",
    bound: { atLeast: 300_000 },
  },
];
