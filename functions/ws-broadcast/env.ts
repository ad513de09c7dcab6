import type { EnvSpec } from "#src/config/env.ts";

/** `$connect`: puts who may come on the list of who is there. */
export const connectEnv = {
  CONNECTIONS_TABLE: "string",
  ALLOWED_ORIGINS: "list",
} as const satisfies EnvSpec;

/** `$disconnect`: takes them off it. */
export const disconnectEnv = { CONNECTIONS_TABLE: "string" } as const satisfies EnvSpec;

/** The authorizer of `$connect`, where connecting takes a token. */
export const authorizeEnv = { COUNTERS_TABLE: "string" } as const satisfies EnvSpec;

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
