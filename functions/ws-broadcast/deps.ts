import { createHash } from "node:crypto";
import { createDocumentClient } from "#src/adapters/dynamodb/document-client.ts";
import { DynamoDbConnectionStore } from "#src/adapters/dynamodb/dynamodb-connection-store.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { DynamoDbTokenStore } from "#src/adapters/dynamodb/dynamodb-token-store.ts";
import { createLambdaEdge, type LambdaEdge } from "#src/adapters/powertools/lambda-edge.ts";
import { ApiGatewayConnectionGateway } from "#src/adapters/websocket/api-gateway-connection-gateway.ts";
import type { Env } from "#src/config/env.ts";
import type { AuthorizeDeps } from "./authorize-handler.ts";
import type { BroadcastDeps } from "./broadcast-handler.ts";
import type { ConnectDeps } from "./connect-handler.ts";
import type { DisconnectDeps } from "./disconnect-handler.ts";
import type { authorizeEnv, broadcastEnv, connectEnv, disconnectEnv, subscribeEnv } from "./env.ts";
import type { SubscribeDeps } from "./subscribe-handler.ts";

export const createConnectDeps = (env: Env<typeof connectEnv>): ConnectDeps & LambdaEdge => ({
  ...createLambdaEdge(),
  connections: new DynamoDbConnectionStore(createDocumentClient(), env.CONNECTIONS_TABLE),
  allowedOrigins: env.ALLOWED_ORIGINS,
});

export const createDisconnectDeps = (env: Env<typeof disconnectEnv>): DisconnectDeps & LambdaEdge => ({
  ...createLambdaEdge(),
  connections: new DynamoDbConnectionStore(createDocumentClient(), env.CONNECTIONS_TABLE),
});

export const createAuthorizeDeps = (env: Env<typeof authorizeEnv>): AuthorizeDeps & LambdaEdge => ({
  ...createLambdaEdge(),
  tokens: new DynamoDbTokenStore(createDocumentClient(), env.COUNTERS_TABLE),
  sha256: (text) => createHash("sha256").update(text).digest("hex"),
});

export function createSubscribeDeps(env: Env<typeof subscribeEnv>): SubscribeDeps & LambdaEdge {
  const client = createDocumentClient();
  return {
    ...createLambdaEdge(),
    connections: new DynamoDbConnectionStore(client, env.CONNECTIONS_TABLE),
    publications: new DynamoDbPublicationStore(client, env.COUNTERS_TABLE),
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    gateway: new ApiGatewayConnectionGateway(env.WS_MGMT_ENDPOINT),
  };
}

/** Broadcasting takes what subscribing takes. */
export const createBroadcastDeps = (env: Env<typeof broadcastEnv>): BroadcastDeps & LambdaEdge =>
  createSubscribeDeps(env);
