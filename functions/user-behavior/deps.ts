import { createDocumentClient } from "#src/adapters/dynamodb/document-client.ts";
import { DynamoDbClaimStore } from "#src/adapters/dynamodb/dynamodb-claim-store.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbProfileStore } from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { DynamoDbSegmentStore } from "#src/adapters/dynamodb/dynamodb-segment-store.ts";
import { createLambdaEdge, type LambdaEdge } from "#src/adapters/powertools/lambda-edge.ts";
import type { Env } from "#src/config/env.ts";
import type { listenersEnv, userBehaviorEnv } from "./env.ts";
import type { UserBehaviorDeps } from "./handler.ts";
import type { ListenersDeps } from "./listeners-handler.ts";

export function createUserBehaviorDeps(env: Env<typeof userBehaviorEnv>): UserBehaviorDeps & LambdaEdge {
  const client = createDocumentClient();
  return {
    ...createLambdaEdge(),
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    segments: new DynamoDbSegmentStore(client, env.SEGMENTS_TABLE),
    claims: new DynamoDbClaimStore(client, env.COUNTERS_TABLE),
    profiles: new DynamoDbProfileStore(client, env.COUNTERS_TABLE),
    publications: new DynamoDbPublicationStore(client, env.COUNTERS_TABLE),
  };
}

export function createListenersDeps(env: Env<typeof listenersEnv>): ListenersDeps & LambdaEdge {
  const client = createDocumentClient();
  return {
    ...createLambdaEdge(),
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    publications: new DynamoDbPublicationStore(client, env.COUNTERS_TABLE),
  };
}
