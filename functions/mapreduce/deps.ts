import { randomUUID } from "node:crypto";
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { createDocumentClient } from "#src/adapters/dynamodb/document-client.ts";
import { DynamoDbCounterStore } from "#src/adapters/dynamodb/dynamodb-counter-store.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { DynamoDbSegmentStore } from "#src/adapters/dynamodb/dynamodb-segment-store.ts";
import { createKinesisClient } from "#src/adapters/kinesis/kinesis-client.ts";
import { KinesisShardLineage } from "#src/adapters/kinesis/kinesis-shard-lineage.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { PowertoolsLogger } from "#src/adapters/powertools/powertools-logger.ts";
import { PowertoolsMetrics } from "#src/adapters/powertools/powertools-metrics.ts";
import type { Env } from "#src/config/env.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { CommitDeps } from "./commit-handler.ts";
import type { ConsumeDeps } from "./consume-handler.ts";
import type { commitEnv, consumeEnv, planEnv, reduceEnv, releaseEnv, triggerEnv } from "./env.ts";
import type { PlanDeps } from "./plan-handler.ts";
import type { ReduceDeps } from "./reduce-handler.ts";
import type { ReleaseDeps } from "./release-handler.ts";
import type { TriggerDeps } from "./trigger-handler.ts";

/** What the Lambda's edge needs (lambda-edge.ts). */
interface Edge {
  readonly logger: PowertoolsLogger;
  readonly metrics: PowertoolsMetrics;
}

const createEdge = (): Edge => ({ logger: new PowertoolsLogger(), metrics: new PowertoolsMetrics() });
const clock = (): EpochMs => Date.now() as EpochMs;

export const createConsumeDeps = (env: Env<typeof consumeEnv>): ConsumeDeps & Edge => ({
  ...createEdge(),
  segments: new DynamoDbSegmentStore(createDocumentClient(), env.SEGMENTS_TABLE),
  lineage: new KinesisShardLineage(createKinesisClient()),
  codec: nodeRecordCodec,
  decodeBase64: (text) => Buffer.from(text, "base64"),
  clock,
  dedupeHorizonMs: env.DEDUPE_HORIZON_MS,
  segmentRetentionMs: env.SEGMENT_RETENTION_MS,
});

export function createTriggerDeps(env: Env<typeof triggerEnv>): TriggerDeps & Edge {
  const client = new SFNClient({});
  const command = new StartExecutionCommand({ stateMachineArn: env.STATE_MACHINE_ARN, input: "{}" });
  return { ...createEdge(), starter: { start: async () => void (await client.send(command)) } };
}

export function createPlanDeps(env: Env<typeof planEnv>): PlanDeps & Edge {
  const client = createDocumentClient();
  return {
    ...createEdge(),
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    segments: new DynamoDbSegmentStore(client, env.SEGMENTS_TABLE),
    clock,
    createStoreId: randomUUID,
    maxEpochPlays: env.MAX_EPOCH_PLAYS,
    leaseMs: env.LEASE_MS,
  };
}

export function createReduceDeps(env: Env<typeof reduceEnv>): ReduceDeps & Edge {
  const client = createDocumentClient();
  return {
    ...createEdge(),
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    segments: new DynamoDbSegmentStore(client, env.SEGMENTS_TABLE),
    counters: new DynamoDbCounterStore(client, env.COUNTERS_TABLE),
    publications: new DynamoDbPublicationStore(client, env.COUNTERS_TABLE),
    clock,
  };
}

export function createCommitDeps(env: Env<typeof commitEnv>): CommitDeps & Edge {
  const client = createDocumentClient();
  return {
    ...createEdge(),
    epochs: new DynamoDbEpochLog(client, env.COUNTERS_TABLE),
    segments: new DynamoDbSegmentStore(client, env.SEGMENTS_TABLE),
    clock,
    tickSeconds: env.TICK_SECONDS,
  };
}

export const createReleaseDeps = (env: Env<typeof releaseEnv>): ReleaseDeps & Edge => ({
  ...createEdge(),
  epochs: new DynamoDbEpochLog(createDocumentClient(), env.COUNTERS_TABLE),
});
