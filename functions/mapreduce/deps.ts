import { randomUUID } from "node:crypto";
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { createDocumentClient } from "#src/adapters/dynamodb/document-client.ts";
import { DynamoDbClaimStore } from "#src/adapters/dynamodb/dynamodb-claim-store.ts";
import { DynamoDbCounterStore } from "#src/adapters/dynamodb/dynamodb-counter-store.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { DynamoDbRejectStore } from "#src/adapters/dynamodb/dynamodb-reject-store.ts";
import { DynamoDbSegmentStore } from "#src/adapters/dynamodb/dynamodb-segment-store.ts";
import { createKinesisClient } from "#src/adapters/kinesis/kinesis-client.ts";
import { KinesisShardLineage } from "#src/adapters/kinesis/kinesis-shard-lineage.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { createLambdaEdge, type LambdaEdge } from "#src/adapters/powertools/lambda-edge.ts";
import type { Env } from "#src/config/env.ts";
import type { ChartsDeps } from "./charts-handler.ts";
import type { CommitDeps } from "./commit-handler.ts";
import type { ConsumeDeps } from "./consume-handler.ts";
import type { chartsEnv, commitEnv, consumeEnv, planEnv, reduceEnv, releaseEnv, triggerEnv } from "./env.ts";
import type { PlanDeps } from "./plan-handler.ts";
import type { ReduceDeps } from "./reduce-handler.ts";
import type { ReleaseDeps } from "./release-handler.ts";
import type { TriggerDeps } from "./trigger-handler.ts";

export const createConsumeDeps = (env: Env<typeof consumeEnv>): ConsumeDeps & LambdaEdge => ({
  ...createLambdaEdge(),
  segments: new DynamoDbSegmentStore(createDocumentClient(), env.SEGMENTS_TABLE),
  lineage: new KinesisShardLineage(createKinesisClient()),
  codec: nodeRecordCodec,
  decodeBase64: (text) => Buffer.from(text, "base64"),
  dedupeHorizonMs: env.DEDUPE_HORIZON_MS,
  segmentRetentionMs: env.SEGMENT_RETENTION_MS,
});

export function createTriggerDeps(env: Env<typeof triggerEnv>): TriggerDeps & LambdaEdge {
  const client = new SFNClient({});
  const command = new StartExecutionCommand({ stateMachineArn: env.STATE_MACHINE_ARN, input: "{}" });
  return { ...createLambdaEdge(), starter: { start: async () => void (await client.send(command)) } };
}

export function createPlanDeps(env: Env<typeof planEnv>): PlanDeps & LambdaEdge {
  const client = createDocumentClient();
  return {
    ...createLambdaEdge(),
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    segments: new DynamoDbSegmentStore(client, env.SEGMENTS_TABLE),
    createStoreId: randomUUID,
    maxEpochPlays: env.MAX_EPOCH_PLAYS,
    playsPerWorker: env.PLAYS_PER_WORKER,
    maxWorkers: env.MAX_WORKERS,
    leaseMs: env.LEASE_MS,
    tickSeconds: env.TICK_SECONDS,
    profileTickMs: env.PROFILE_TICK_SECONDS * 1000,
    maxWorkerPlays: env.MAX_WORKER_PLAYS,
    maxProfilePlays: env.MAX_WORKER_PLAYS,
  };
}

export function createReduceDeps(env: Env<typeof reduceEnv>): ReduceDeps & LambdaEdge {
  const client = createDocumentClient();
  return {
    ...createLambdaEdge(),
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    segments: new DynamoDbSegmentStore(client, env.SEGMENTS_TABLE),
    claims: new DynamoDbClaimStore(client, env.COUNTERS_TABLE),
    counters: new DynamoDbCounterStore(client, env.COUNTERS_TABLE),
    publications: new DynamoDbPublicationStore(client, env.COUNTERS_TABLE),
    rejects: new DynamoDbRejectStore(client, env.COUNTERS_TABLE),
    topsEveryMs: env.TOPS_EVERY_MS,
  };
}

export function createChartsDeps(env: Env<typeof chartsEnv>): ChartsDeps & LambdaEdge {
  const client = createDocumentClient();
  return {
    ...createLambdaEdge(),
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    counters: new DynamoDbCounterStore(client, env.COUNTERS_TABLE),
    publications: new DynamoDbPublicationStore(client, env.COUNTERS_TABLE),
  };
}

export function createCommitDeps(env: Env<typeof commitEnv>): CommitDeps & LambdaEdge {
  const client = createDocumentClient();
  return {
    ...createLambdaEdge(),
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    segments: new DynamoDbSegmentStore(client, env.SEGMENTS_TABLE),
    counters: new DynamoDbCounterStore(client, env.COUNTERS_TABLE),
  };
}

export const createReleaseDeps = (env: Env<typeof releaseEnv>): ReleaseDeps & LambdaEdge => ({
  ...createLambdaEdge(),
  epochs: new DynamoDbEpochLog(createDocumentClient(), env.COUNTERS_TABLE),
});
