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
    id: "analyze-columnar",
    case: "batch",
    what: "analyze with columnar blocks, 1M rows: rows per CPU-second beside DuckDB on one thread",
    bound: { atLeast: 0.3 },
  },
  {
    id: "analyze-columnar-node",
    case: "batch",
    what: "analyze with columnar blocks, 1M rows: rows per CPU-second beside the straightforward Node script",
    bound: { atLeast: 1 },
  },
  {
    id: "analyze-json-memory",
    case: "batch",
    what: "analyze with JSON blocks, 1M rows: peak memory beside DuckDB on one thread",
    bound: { atMost: 1 },
  },
  {
    id: "analyze-columnar-memory",
    case: "batch",
    what: "analyze with columnar blocks, 1M rows: peak memory beside DuckDB on one thread",
    bound: { atMost: 1 },
  },
  {
    id: "recount-duckdb",
    case: "batch",
    what: "earworm verify FILE, the recount alone, 1M rows: rows per CPU-second beside DuckDB on one thread",
    bound: { atLeast: 1 },
  },
  {
    id: "consume-gzip",
    case: "consumer",
    what: "plays per second and core from gzip records of 80 plays",
    bound: { atLeast: 300_000 },
  },
  {
    id: "stores-1000",
    case: "stores",
    what: "write units beside one UpdateItem for each counter, 1,000 plays/s, tick 5 s",
    bound: { atMost: 0.2 },
  },
  {
    id: "stores-16000",
    case: "stores",
    what: "write units beside one UpdateItem for each counter, 16,000 plays/s, tick 60 s, profiles every 15 minutes",
    bound: { atMost: 0.1 },
  },
  {
    id: "growth-fixed",
    case: "growth",
    what: "ten times the plays, as many keys: times the CPU",
    bound: { atMost: 10.5 },
  },
  {
    id: "growth-growing",
    case: "growth",
    what: "ten times the plays, ten times the keys: times the CPU",
    bound: { atMost: 10.5 },
  },
  {
    id: "growth-memory",
    case: "growth",
    what: "1 GB of CSV beside 72 MB of the same keys: further memory, as a share of what the ids of the horizon take",
    bound: { atMost: 1 },
  },
  {
    id: "sustain-lost",
    case: "sustain",
    what: "20,000 plays/s: plays that failed, were dropped or are not counted, as a share",
    bound: { atMost: 0 },
  },
  {
    id: "sustain-lag",
    case: "sustain",
    what: "20,000 plays/s: longest lag, in ticks",
    bound: { atMost: 1 },
  },
  {
    id: "sustain-memory",
    case: "sustain",
    what: "20,000 plays/s: memory's growth after a dedupe horizon of 60 s, % a minute",
    bound: { atMost: 1 },
  },
  {
    id: "sustain-cpu",
    case: "sustain",
    what: "20,000 plays/s beside 2,000: times the CPU",
    bound: { atMost: 10.5 },
  },
];
