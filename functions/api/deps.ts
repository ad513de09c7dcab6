import { createHash } from "node:crypto";
import { createDocumentClient } from "#src/adapters/dynamodb/document-client.ts";
import { DynamoDbCounterStore } from "#src/adapters/dynamodb/dynamodb-counter-store.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbProfileStore } from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { DynamoDbRejectStore } from "#src/adapters/dynamodb/dynamodb-reject-store.ts";
import { DynamoDbSegmentStore } from "#src/adapters/dynamodb/dynamodb-segment-store.ts";
import { DynamoDbTokenStore } from "#src/adapters/dynamodb/dynamodb-token-store.ts";
import { createKinesisClient } from "#src/adapters/kinesis/kinesis-client.ts";
import { KinesisPlayStream } from "#src/adapters/kinesis/kinesis-play-stream.ts";
import { createLambdaEdge, type LambdaEdge } from "#src/adapters/powertools/lambda-edge.ts";
import type { Env } from "#src/config/env.ts";
import type { ApiDeps } from "./api-request.ts";
import type { apiEnv } from "./env.ts";

/** Ten attempts then end after some five seconds: whoever waits for the answer had better hear 503 than nothing. */
const longestPauseMs = 500;

export function createApiDeps(env: Env<typeof apiEnv>): ApiDeps & LambdaEdge {
  const client = createDocumentClient();
  return {
    ...createLambdaEdge(),
    plays: new KinesisPlayStream(createKinesisClient(), env.STREAM_NAME, { longestPauseMs }),
    publications: new DynamoDbPublicationStore(client, env.COUNTERS_TABLE),
    counters: new DynamoDbCounterStore(client, env.COUNTERS_TABLE),
    profiles: new DynamoDbProfileStore(client, env.COUNTERS_TABLE),
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    rejects: new DynamoDbRejectStore(client, env.COUNTERS_TABLE),
    segments: new DynamoDbSegmentStore(client, env.SEGMENTS_TABLE),
    access: new DynamoDbTokenStore(client, env.COUNTERS_TABLE),
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
  };
}
