import type { LocalStream } from "../stream/play-stream.ts";
import { invalidArgument } from "./kinesis-error.ts";
import { decodeOpaque, encodeOpaque } from "./opaque-text.ts";
import { type Fields, fieldsOf, optionalInteger, optionalString } from "./request-fields.ts";
import { arnOf, requestedName, type StreamDirectory } from "./stream-directory.ts";

const MAX_SHARDS = 10_000;
const DEFAULT_SHARDS = 1_000;
const DEFAULT_DESCRIBED_SHARDS = 100;
const DEFAULT_STREAMS = 100;
const HOUR_MS = 3_600_000;

export function describeStream(streams: StreamDirectory, fields: Fields): object {
  const stream = streams.ofRequest(fields);
  const limit = optionalInteger(fields, "Limit", 1, MAX_SHARDS) ?? DEFAULT_DESCRIBED_SHARDS;
  const page = pageOf(stream.shardIds, optionalString(fields, "ExclusiveStartShardId"), limit);
  const shards = page.items.map((shardId) => shardOutput(stream, shardId));
  return { StreamDescription: { ...describe(stream), Shards: shards, HasMoreShards: page.hasMore } };
}

export function describeStreamSummary(streams: StreamDirectory, fields: Fields): object {
  const stream = streams.ofRequest(fields);
  const counts = { OpenShardCount: stream.shardIds.length, ConsumerCount: 0 };
  return { StreamDescriptionSummary: { ...describe(stream), ...counts } };
}

export function listStreams(streams: StreamDirectory, fields: Fields): object {
  const limit = optionalInteger(fields, "Limit", 1, MAX_SHARDS) ?? DEFAULT_STREAMS;
  const start = optionalString(fields, "ExclusiveStartStreamName") ?? decodeToken(fields)?.[0];
  const page = pageOf(streams.names, start, limit);
  const last = page.items.at(-1);
  return {
    StreamNames: page.items,
    HasMoreStreams: page.hasMore,
    StreamSummaries: page.items.map((name) => summaryOf(streams.byName(name))),
    ...(page.hasMore && last !== undefined ? { NextToken: encodeOpaque([last]) } : {}),
  };
}

export function listShards(streams: StreamDirectory, fields: Fields): object {
  const token = decodeToken(fields);
  if (token !== undefined && requestedName(fields) !== undefined) {
    throw invalidArgument("NextToken and StreamName cannot be provided together.");
  }
  const stream = token === undefined ? streams.ofRequest(fields) : streams.byName(token[0] ?? "");
  const start = token?.[1] ?? optionalString(fields, "ExclusiveStartShardId") ?? startOfFilter(fields);
  const limit = optionalInteger(fields, "MaxResults", 1, MAX_SHARDS) ?? DEFAULT_SHARDS;
  const page = pageOf(stream.shardIds, start, limit);
  const last = page.items.at(-1);
  return {
    Shards: page.items.map((shardId) => shardOutput(stream, shardId)),
    ...(page.hasMore && last !== undefined ? { NextToken: encodeOpaque([stream.name, last]) } : {}),
  };
}

/** Shards never close here, so every other filter lets all of them through. */
function startOfFilter(fields: Fields): string | undefined {
  if ((fields["ShardFilter"] ?? undefined) === undefined) return undefined;
  const filter = fieldsOf(fields["ShardFilter"], "ShardFilter");
  return optionalString(filter, "Type") === "AFTER_SHARD_ID" ? optionalString(filter, "ShardId") : undefined;
}

function describe(stream: LocalStream): object {
  return {
    ...summaryOf(stream),
    RetentionPeriodHours: Math.max(1, Math.ceil(stream.retentionMs / HOUR_MS)),
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: "NONE",
  };
}

function summaryOf(stream: LocalStream): object {
  return {
    StreamName: stream.name,
    StreamARN: arnOf(stream),
    StreamStatus: "ACTIVE",
    StreamModeDetails: { StreamMode: "PROVISIONED" },
    StreamCreationTimestamp: stream.createdAtMs / 1000,
  };
}

function shardOutput(stream: LocalStream, shardId: string): object {
  const { startingHashKey, endingHashKey } = stream.hashKeyRange(shardId);
  return {
    ShardId: shardId,
    HashKeyRange: { StartingHashKey: startingHashKey, EndingHashKey: endingHashKey },
    SequenceNumberRange: { StartingSequenceNumber: stream.startingSequenceNumber(shardId) },
  };
}

function pageOf(
  sorted: readonly string[],
  startAfter: string | undefined,
  limit: number,
): { readonly items: readonly string[]; readonly hasMore: boolean } {
  const rest = startAfter === undefined ? sorted : sorted.filter((item) => item > startAfter);
  return { items: rest.slice(0, limit), hasMore: rest.length > limit };
}

function decodeToken(fields: Fields): readonly string[] | undefined {
  const token = optionalString(fields, "NextToken");
  if (token === undefined) return undefined;
  const parts = decodeOpaque(token);
  if (parts.length > 0 && parts.every((part) => typeof part === "string")) return parts;
  throw invalidArgument("NextToken is not one that was given.");
}
