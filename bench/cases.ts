import { createBatchCase } from "./batch/batch-case.ts";
import { consumerCase } from "./consumer/consumer-case.ts";
import type { BenchCase } from "./harness/bench-case.ts";

/** In the order in which they run. */
export const cases: readonly BenchCase[] = [createBatchCase(), consumerCase];
