import { isHashKey } from "../stream/hash-key.ts";
import type { PutResult, StreamInput } from "../stream/play-stream.ts";
import { constraintError, invalidArgument } from "./kinesis-error.ts";
import {
  type Fields,
  fieldsOf,
  optionalString,
  requiredArray,
  requiredBytes,
  requiredString,
} from "./request-fields.ts";
import type { StreamDirectory } from "./stream-directory.ts";

const MAX_RECORDS = 500;
const MAX_KEY_CHARACTERS = 256;
const MAX_RECORD_BYTES = 1024 * 1024;
const MAX_REQUEST_BYTES = 10 * 1024 * 1024;

export function putRecord(streams: StreamDirectory, fields: Fields): object {
  const record = recordOf(fields, "");
  const [result] = streams.ofRequest(fields).put([record]);
  return { ...outputOf(result), EncryptionType: "NONE" };
}

export function putRecords(streams: StreamDirectory, fields: Fields): object {
  const entries = requiredArray(fields, "Records");
  if (entries.length < 1 || entries.length > MAX_RECORDS) {
    const bound = entries.length < 1 ? "greater than or equal to 1" : `less than or equal to ${MAX_RECORDS}`;
    throw constraintError(`${entries.length} records`, "records", `Member must have length ${bound}`);
  }
  const records = entries.map((entry, i) => {
    const where = `records.${i + 1}.member`;
    return recordOf(fieldsOf(entry, where), `${where}.`);
  });
  let bytes = 0;
  for (const { data, partitionKey } of records) bytes += data.byteLength + Buffer.byteLength(partitionKey);
  if (bytes > MAX_REQUEST_BYTES) {
    throw invalidArgument(`Records size of ${bytes} bytes exceeds the limit of ${MAX_REQUEST_BYTES} bytes`);
  }
  const results = streams.ofRequest(fields).put(records);
  return { FailedRecordCount: 0, Records: results.map(outputOf), EncryptionType: "NONE" };
}

function outputOf(result: PutResult | undefined): object {
  return { ShardId: result?.shardId, SequenceNumber: result?.sequenceNumber };
}

function recordOf(fields: Fields, prefix: string): StreamInput {
  const data = requiredBytes(fields, "Data", `${prefix}data`);
  const partitionKey = requiredString(fields, "PartitionKey", `${prefix}partitionKey`);
  checkSizes(data, partitionKey, prefix);
  const explicitHashKey = optionalString(fields, "ExplicitHashKey");
  if (explicitHashKey === undefined) return { partitionKey, data };
  if (!isHashKey(explicitHashKey)) {
    throw invalidArgument(`ExplicitHashKey ${explicitHashKey} is not a decimal number below 2^128`);
  }
  return { partitionKey, data, explicitHashKey };
}

function checkSizes(data: Uint8Array, partitionKey: string, prefix: string): void {
  const keyCharacters = partitionKey.length;
  if (keyCharacters < 1) {
    throw constraintError("", `${prefix}partitionKey`, "Member must have length greater than or equal to 1");
  }
  if (keyCharacters > MAX_KEY_CHARACTERS && [...partitionKey].length > MAX_KEY_CHARACTERS) {
    const constraint = `Member must have length less than or equal to ${MAX_KEY_CHARACTERS}`;
    throw constraintError(partitionKey, `${prefix}partitionKey`, constraint);
  }
  if (data.byteLength > MAX_RECORD_BYTES) {
    const constraint = `Member must have length less than or equal to ${MAX_RECORD_BYTES}`;
    throw constraintError(`${data.byteLength} bytes`, `${prefix}data`, constraint);
  }
  const bytes = data.byteLength + Buffer.byteLength(partitionKey);
  if (bytes > MAX_RECORD_BYTES) {
    throw invalidArgument(
      `Record of ${bytes} bytes with its key exceeds the limit of ${MAX_RECORD_BYTES} bytes`,
    );
  }
}
