import type { KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import { type StreamRecord, streamArn } from "./play-stream.ts";

const REGION = "us-east-1";
const ROLE_ARN = "arn:aws:iam::000000000000:role/earworm-local";
const EVENT_OVERHEAD_BYTES = '{"Records":[]}'.length;

/** The event a Lambda function gets for records of one shard. */
export function kinesisEvent(
  streamName: string,
  shardId: string,
  records: readonly StreamRecord[],
): KinesisStreamEvent {
  const arn = streamArn(streamName);
  return { Records: records.map((record) => kinesisRecord(arn, shardId, record)) };
}

/**
 * Tells how many bytes records add to the JSON of an event, without making it.
 * The first record carries what the event has around its records.
 */
export function payloadMeter(streamName: string, shardId: string): (record: StreamRecord) => number {
  const empty: StreamRecord = {
    sequenceNumber: "",
    partitionKey: "",
    data: new Uint8Array(),
    approximateArrivalTimestamp: 0,
  };
  const envelope = JSON.stringify(kinesisRecord(streamArn(streamName), shardId, empty)).length;
  const fixed = envelope + "1700000000.123,".length - 1;
  let isFirst = true;
  return ({ sequenceNumber, partitionKey, data }) => {
    const around = isFirst ? EVENT_OVERHEAD_BYTES : 0;
    isFirst = false;
    const base64 = 4 * Math.ceil(data.byteLength / 3);
    return around + fixed + 2 * sequenceNumber.length + Buffer.byteLength(partitionKey) + base64;
  };
}

function kinesisRecord(arn: string, shardId: string, record: StreamRecord): KinesisStreamRecord {
  const { data } = record;
  return {
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey: record.partitionKey,
      sequenceNumber: record.sequenceNumber,
      data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64"),
      approximateArrivalTimestamp: record.approximateArrivalTimestamp / 1000,
    },
    eventSource: "aws:kinesis",
    eventVersion: "1.0",
    eventID: `${shardId}:${record.sequenceNumber}`,
    eventName: "aws:kinesis:record",
    invokeIdentityArn: ROLE_ARN,
    awsRegion: REGION,
    eventSourceARN: arn,
  };
}
