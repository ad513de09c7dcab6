import { describeStream, describeStreamSummary, listShards, listStreams } from "./describe-actions.ts";
import { KinesisError, serializationError } from "./kinesis-error.ts";
import { parseJson } from "./opaque-text.ts";
import { putRecord, putRecords } from "./put-actions.ts";
import { getRecords, getShardIterator } from "./read-actions.ts";
import { type Fields, fieldsOf } from "./request-fields.ts";
import type { StreamDirectory } from "./stream-directory.ts";

type Action = (streams: StreamDirectory, fields: Fields, nowMs: number) => object;

const TARGET_PREFIX = "Kinesis_20131202.";
const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ["PutRecord", putRecord],
  ["PutRecords", putRecords],
  ["DescribeStream", describeStream],
  ["DescribeStreamSummary", describeStreamSummary],
  ["ListStreams", listStreams],
  ["ListShards", listShards],
  ["GetShardIterator", getShardIterator],
  ["GetRecords", getRecords],
]);

/**
 * Carries out the action of an X-Amz-Target header on a JSON body.
 * @throws KinesisError for what the client did wrong
 */
export function runAction(streams: StreamDirectory, target: string, body: Buffer, nowMs: number): object {
  const name = target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : "";
  const action = ACTIONS.get(name);
  if (action === undefined) {
    throw new KinesisError(
      "UnknownOperationException",
      `${target || "a request without target"} is not supported`,
    );
  }
  return action(streams, fieldsOf(parseBody(body), "body"), nowMs);
}

function parseBody(body: Buffer): unknown {
  const value = body.length === 0 ? {} : parseJson(body.toString("utf8"));
  if (value === undefined) throw serializationError("body is not JSON");
  return value;
}
