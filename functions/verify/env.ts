import type { EnvSpec } from "#src/config/env.ts";

/** What the verify function reads from its environment. The CDK stack must supply exactly these. */
export const verifyEnv = {
  COUNTERS_TABLE: "string",
  ARCHIVE_BUCKET: "string",
  LEASE_MS: "positiveInt",
  DEDUPE_HORIZON_MS: "positiveInt",
  VERIFY_DAYS: "nonNegativeInt",
} as const satisfies EnvSpec;
