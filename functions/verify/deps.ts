import { setTimeout as pause } from "node:timers/promises";
import { nodeArchiveZip } from "#src/adapters/archive/node-archive-zip.ts";
import { createDocumentClient } from "#src/adapters/dynamodb/document-client.ts";
import { DynamoDbCounterStore } from "#src/adapters/dynamodb/dynamodb-counter-store.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbProfileStore } from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { createLambdaEdge, type LambdaEdge } from "#src/adapters/powertools/lambda-edge.ts";
import { S3Archive } from "#src/adapters/s3/s3-archive.ts";
import { createS3Client } from "#src/adapters/s3/s3-client.ts";
import type { Env } from "#src/config/env.ts";
import type { verifyEnv } from "./env.ts";
import type { VerifyHandlerDeps } from "./verify-handler.ts";

export function createVerifyDeps(env: Env<typeof verifyEnv>): VerifyHandlerDeps & LambdaEdge {
  const client = createDocumentClient();
  return {
    ...createLambdaEdge(),
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    counters: new DynamoDbCounterStore(client, env.COUNTERS_TABLE),
    profiles: new DynamoDbProfileStore(client, env.COUNTERS_TABLE),
    publications: new DynamoDbPublicationStore(client, env.COUNTERS_TABLE),
    ...nodeRecordCodec,
    archive: new S3Archive(createS3Client(), env.ARCHIVE_BUCKET, nodeArchiveZip),
    pause,
    leaseMs: env.LEASE_MS,
    horizonMs: env.DEDUPE_HORIZON_MS,
    days: env.VERIFY_DAYS,
  };
}
