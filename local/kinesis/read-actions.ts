import { type LocalStream, type StreamRecord, TRIM_HORIZON } from "../stream/play-stream.ts";
import { ACCOUNT, constraintError, invalidArgument, serializationError } from "./kinesis-error.ts";
import { type Fields, optionalInteger, optionalString, requiredString } from "./request-fields.ts";
import { decodeIterator, encodeIterator } from "./shard-iterator.ts";
import { requestedName, StreamDirectory } from "./stream-directory.ts";

const MAX_RECORDS = 10_000;
const MAX_BYTES = 10 * 1024 * 1024;
const ITERATOR_TYPES = "[AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]";

export function getShardIterator(streams: StreamDirectory, fields: Fields, nowMs: number): object {
  const stream = streams.ofRequest(fields);
  const shardId = StreamDirectory.shardOf(stream, requiredString(fields, "ShardId"));
  const after = startOf(stream, shardId, fields, nowMs);
  return { ShardIterator: encodeIterator({ streamName: stream.name, shardId, after, issuedAtMs: nowMs }) };
}

export function getRecords(streams: StreamDirectory, fields: Fields, nowMs: number): object {
  const { streamName, shardId, after } = decodeIterator(requiredString(fields, "ShardIterator"), nowMs);
  const maxRecords = optionalInteger(fields, "Limit", 1, MAX_RECORDS) ?? MAX_RECORDS;
  const requested = requestedName(fields) ?? streamName;
  if (requested !== streamName) {
    throw invalidArgument(`ShardIterator belongs to stream ${streamName}, not to ${requested}.`);
  }
  const stream = streams.byName(streamName);
  StreamDirectory.shardOf(stream, shardId);
  if (after !== TRIM_HORIZON && !stream.isSequenceNumber(shardId, after)) {
    throw invalidArgument("Invalid ShardIterator.");
  }
  const records = stream.read(shardId, after, { maxRecords, maxBytes: MAX_BYTES });
  const next = records.at(-1)?.sequenceNumber ?? after;
  return {
    Records: records.map(recordOutput),
    NextShardIterator: encodeIterator({ streamName, shardId, after: next, issuedAtMs: nowMs }),
    MillisBehindLatest: millisBehind(stream, shardId, next, nowMs),
  };
}

function startOf(stream: LocalStream, shardId: string, fields: Fields, nowMs: number): string {
  const type = requiredString(fields, "ShardIteratorType");
  switch (type) {
    case "TRIM_HORIZON":
      return TRIM_HORIZON;
    case "LATEST":
      return stream.lastSequenceNumber(shardId);
    case "AT_SEQUENCE_NUMBER":
      return stream.positionAt(shardId, startingSequenceNumber(stream, shardId, fields));
    case "AFTER_SEQUENCE_NUMBER":
      return startingSequenceNumber(stream, shardId, fields);
    case "AT_TIMESTAMP":
      return stream.positionAtTime(shardId, timestampMs(fields, nowMs));
    default: {
      const constraint = `Member must satisfy enum value set: ${ITERATOR_TYPES}`;
      throw constraintError(type, "shardIteratorType", constraint);
    }
  }
}

function startingSequenceNumber(stream: LocalStream, shardId: string, fields: Fields): string {
  const text = optionalString(fields, "StartingSequenceNumber");
  if (text === undefined)
    throw invalidArgument("Must specify StartingSequenceNumber for this ShardIteratorType.");
  if (stream.isSequenceNumber(shardId, text)) return text;
  throw invalidArgument(
    `StartingSequenceNumber ${text} used in GetShardIterator on shard ${shardId} in stream ${stream.name} ` +
      `under account ${ACCOUNT} is invalid.`,
  );
}

function timestampMs(fields: Fields, nowMs: number): number {
  const seconds = fields["Timestamp"] ?? undefined;
  if (seconds === undefined)
    throw invalidArgument("Must specify Timestamp for ShardIteratorType AT_TIMESTAMP.");
  if (typeof seconds !== "number") throw serializationError("Timestamp is not a number of seconds");
  const ms = Math.round(seconds * 1000);
  if (ms > nowMs)
    throw invalidArgument(`The timestamp ${ms} ms cannot be later than the current ${nowMs} ms.`);
  return ms;
}

/** Age of the oldest record behind the position; 0 at the tip. */
function millisBehind(stream: LocalStream, shardId: string, after: string, nowMs: number): number {
  const [next] = stream.read(shardId, after, { maxRecords: 1, maxBytes: 1 });
  return next === undefined ? 0 : Math.max(0, nowMs - next.approximateArrivalTimestamp);
}

function recordOutput(record: StreamRecord): object {
  const { data } = record;
  return {
    SequenceNumber: record.sequenceNumber,
    ApproximateArrivalTimestamp: record.approximateArrivalTimestamp / 1000,
    Data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64"),
    PartitionKey: record.partitionKey,
    EncryptionType: "NONE",
  };
}
