import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { DynamoDbCounterStore } from "#src/adapters/dynamodb/dynamodb-counter-store.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbProfileStore } from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { DynamoDbTokenStore } from "#src/adapters/dynamodb/dynamodb-token-store.ts";

/** What a deployed stage keeps in its table of counters. */
export const openStageStores = (client: DynamoDBDocumentClient, countersTable: string) => ({
  epochs: new DynamoDbEpochLog(client, countersTable),
  counters: new DynamoDbCounterStore(client, countersTable),
  profiles: new DynamoDbProfileStore(client, countersTable),
  publications: new DynamoDbPublicationStore(client, countersTable),
  tokens: new DynamoDbTokenStore(client, countersTable),
});
