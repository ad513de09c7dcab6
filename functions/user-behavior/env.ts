import type { EnvSpec } from "#src/config/env.ts";

/** What each Lambda of this stage reads from its environment. The CDK stack must supply exactly these. */
export const userBehaviorEnv = {
  SEGMENTS_TABLE: "string",
  COUNTERS_TABLE: "string",
} as const satisfies EnvSpec;

export const listenersEnv = { COUNTERS_TABLE: "string" } as const satisfies EnvSpec;
