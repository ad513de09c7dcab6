import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { DynamoDbClaimStore } from "#src/adapters/dynamodb/dynamodb-claim-store.ts";
import { DynamoDbCounterStore } from "#src/adapters/dynamodb/dynamodb-counter-store.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbProfileStore } from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { DynamoDbRejectStore } from "#src/adapters/dynamodb/dynamodb-reject-store.ts";
import { DynamoDbSegmentStore } from "#src/adapters/dynamodb/dynamodb-segment-store.ts";
import type { PipelineStores } from "./pipeline.ts";

/** The stores of a deployment's two tables. */
export const dynamoDbStores = (
  client: DynamoDBDocumentClient,
  segments: string,
  counters: string,
): PipelineStores => ({
  segments: new DynamoDbSegmentStore(client, segments),
  claims: new DynamoDbClaimStore(client, counters),
  counters: new DynamoDbCounterStore(client, counters),
  profiles: new DynamoDbProfileStore(client, counters),
  publications: new DynamoDbPublicationStore(client, counters),
  rejects: new DynamoDbRejectStore(client, counters),
  epochs: new DynamoDbEpochLog(client, counters),
});
