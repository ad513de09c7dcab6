import type { EnvSpec } from "#src/config/env.ts";

/** What this Lambda reads from its environment. The CDK stack must supply exactly these. */
export const recommendationEnv = { COUNTERS_TABLE: "string" } as const satisfies EnvSpec;
