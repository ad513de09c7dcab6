import { createDocumentClient } from "#src/adapters/dynamodb/document-client.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { createLambdaEdge, type LambdaEdge } from "#src/adapters/powertools/lambda-edge.ts";
import type { Env } from "#src/config/env.ts";
import type { recommendationEnv } from "./env.ts";
import type { RecommendationDeps } from "./handler.ts";

export function createRecommendationDeps(
  env: Env<typeof recommendationEnv>,
): RecommendationDeps & LambdaEdge {
  const client = createDocumentClient();
  return {
    ...createLambdaEdge(),
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    publications: new DynamoDbPublicationStore(client, env.COUNTERS_TABLE),
  };
}
