import type { EnvSpec } from "#src/config/env.ts";

/** `$connect` and `$disconnect`: they only keep the list of who is there. */
export const connectionEnv = { CONNECTIONS_TABLE: "string" } as const satisfies EnvSpec;

/** `subscribe`, `unsubscribe` and `ping` arrive on `$default`; the answer goes out through the management endpoint. */
export const subscribeEnv = {
  CONNECTIONS_TABLE: "string",
  COUNTERS_TABLE: "string",
  WS_MGMT_ENDPOINT: "string",
} as const satisfies EnvSpec;

/** The workflow's last state: what changed goes to who asked for it. */
export const broadcastEnv = {
  CONNECTIONS_TABLE: "string",
  COUNTERS_TABLE: "string",
  WS_MGMT_ENDPOINT: "string",
} as const satisfies EnvSpec;
