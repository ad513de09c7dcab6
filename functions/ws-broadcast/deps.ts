import { createDocumentClient } from "#src/adapters/dynamodb/document-client.ts";
import { DynamoDbConnectionStore } from "#src/adapters/dynamodb/dynamodb-connection-store.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { PowertoolsLogger } from "#src/adapters/powertools/powertools-logger.ts";
import { PowertoolsMetrics } from "#src/adapters/powertools/powertools-metrics.ts";
import { ApiGatewayConnectionGateway } from "#src/adapters/websocket/api-gateway-connection-gateway.ts";
import type { Env } from "#src/config/env.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { BroadcastDeps } from "./broadcast-handler.ts";
import type { ConnectDeps } from "./connect-handler.ts";
import type { DisconnectDeps } from "./disconnect-handler.ts";
import type { broadcastEnv, connectionEnv, subscribeEnv } from "./env.ts";
import type { SubscribeDeps } from "./subscribe-handler.ts";

/** What the Lambda's edge needs (lambda-edge.ts). */
interface Edge {
  readonly logger: PowertoolsLogger;
  readonly metrics: PowertoolsMetrics;
}

const createEdge = (): Edge => ({ logger: new PowertoolsLogger(), metrics: new PowertoolsMetrics() });
const clock = () => Date.now() as EpochMs;

/** For `$connect` and `$disconnect`. */
export function createConnectionDeps(env: Env<typeof connectionEnv>): ConnectDeps & DisconnectDeps & Edge {
  const connections = new DynamoDbConnectionStore(createDocumentClient(), env.CONNECTIONS_TABLE);
  return { ...createEdge(), connections, clock };
}

export function createSubscribeDeps(env: Env<typeof subscribeEnv>): SubscribeDeps & Edge {
  const client = createDocumentClient();
  return {
    ...createEdge(),
    connections: new DynamoDbConnectionStore(client, env.CONNECTIONS_TABLE),
    publications: new DynamoDbPublicationStore(client, env.COUNTERS_TABLE),
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    gateway: new ApiGatewayConnectionGateway(env.WS_MGMT_ENDPOINT),
    clock,
  };
}

/** Broadcasting takes what subscribing takes. */
export const createBroadcastDeps = (env: Env<typeof broadcastEnv>): BroadcastDeps & Edge =>
  createSubscribeDeps(env);
