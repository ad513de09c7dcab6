import type { EnvSpec } from "#src/config/env.ts";

/** What each Lambda of this stage reads from its environment. The CDK stack must supply exactly these. */
export const consumeEnv = {
  SEGMENTS_TABLE: "string",
  DEDUPE_HORIZON_MS: "positiveInt",
  SEGMENT_RETENTION_MS: "positiveInt",
} as const satisfies EnvSpec;

export const triggerEnv = { STATE_MACHINE_ARN: "string" } as const satisfies EnvSpec;

export const planEnv = {
  SEGMENTS_TABLE: "string",
  COUNTERS_TABLE: "string",
  MAX_EPOCH_PLAYS: "positiveInt",
  PLAYS_PER_WORKER: "positiveInt",
  MAX_WORKER_PLAYS: "positiveInt",
  MAX_WORKERS: "positiveInt",
  LEASE_MS: "positiveInt",
  TICK_SECONDS: "nonNegativeInt",
  PROFILE_TICK_SECONDS: "nonNegativeInt",
} as const satisfies EnvSpec;

export const reduceEnv = {
  SEGMENTS_TABLE: "string",
  COUNTERS_TABLE: "string",
  TOPS_EVERY_MS: "positiveInt",
} as const satisfies EnvSpec;

export const chartsEnv = { COUNTERS_TABLE: "string" } as const satisfies EnvSpec;

export const commitEnv = { SEGMENTS_TABLE: "string", COUNTERS_TABLE: "string" } as const satisfies EnvSpec;

export const releaseEnv = { COUNTERS_TABLE: "string" } as const satisfies EnvSpec;
