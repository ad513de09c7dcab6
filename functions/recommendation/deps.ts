import { createDocumentClient } from "#src/adapters/dynamodb/document-client.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { PowertoolsLogger } from "#src/adapters/powertools/powertools-logger.ts";
import { PowertoolsMetrics } from "#src/adapters/powertools/powertools-metrics.ts";
import type { Env } from "#src/config/env.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { recommendationEnv } from "./env.ts";
import type { RecommendationDeps } from "./handler.ts";

export function createRecommendationDeps(env: Env<typeof recommendationEnv>) {
  const client = createDocumentClient();
  return {
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    publications: new DynamoDbPublicationStore(client, env.COUNTERS_TABLE),
    clock: () => Date.now() as EpochMs,
    logger: new PowertoolsLogger(),
    metrics: new PowertoolsMetrics(),
  } satisfies RecommendationDeps & { readonly logger: PowertoolsLogger };
}
