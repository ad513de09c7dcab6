import { createBatchCase } from "./batch/batch-case.ts";
import { consumerCase } from "./consumer/consumer-case.ts";
import { growthCase } from "./growth/growth-case.ts";
import type { BenchCase } from "./harness/bench-case.ts";
import { latencyCase } from "./latency/latency-case.ts";
import { storesCase } from "./stores/stores-case.ts";
import { sustainCase } from "./sustain/sustain-case.ts";

/** In the order in which they run. */
export const cases: readonly BenchCase[] = [
  createBatchCase(),
  consumerCase,
  storesCase,
  growthCase,
  latencyCase,
  sustainCase,
];
