import { setTimeout as pause } from "node:timers/promises";
import { type KinesisClient, PutRecordsCommand, type PutRecordsResultEntry } from "@aws-sdk/client-kinesis";
import { StoreError } from "#src/domain/errors.ts";
import type { PlayStream, StreamRecord } from "#src/ports/play-stream.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html: data and partition keys together. */
const chunkRecords = 500;
const chunkBytes = 5 * 1024 * 1024;

/** A throttled shard takes more after a second at the latest; ten attempts last half a minute at most. */
const attempts = 10;
const firstPauseMs = 50;
const longestPauseMs = 5_000;

/** The way into a Kinesis stream. */
export class KinesisPlayStream implements PlayStream {
  readonly #client: KinesisClient;
  readonly #streamName: string;
  readonly #longestPauseMs: number;

  constructor(client: KinesisClient, streamName: string, options: { readonly longestPauseMs?: number } = {}) {
    this.#client = client;
    this.#streamName = streamName;
    this.#longestPauseMs = options.longestPauseMs ?? longestPauseMs;
  }

  async put(records: readonly StreamRecord[]): Promise<void> {
    for (const chunk of chunksOf(records)) await this.#putChunk(chunk);
  }

  /** Repeats what was refused, in its order, until nothing is. */
  async #putChunk(chunk: readonly StreamRecord[]): Promise<void> {
    let missing = chunk;
    for (let attempt = 1; ; attempt++) {
      const results = await this.#send(missing);
      const refused = missing.filter((_, index) => results[index]?.ErrorCode !== undefined);
      if (refused.length === 0) return;
      if (attempt === attempts) {
        const reason = results.find((result) => result.ErrorCode !== undefined)?.ErrorCode;
        throw new StoreError(
          `stream ${this.#streamName}: ${refused.length} of ${chunk.length} records were refused ${attempts} times with ${reason}`,
        );
      }
      missing = refused;
      await pause((0.5 + Math.random() / 2) * Math.min(this.#longestPauseMs, firstPauseMs * 2 ** attempt));
    }
  }

  /** What became of each record, in the order of `records`. */
  async #send(records: readonly StreamRecord[]): Promise<readonly PutRecordsResultEntry[]> {
    const command = new PutRecordsCommand({
      StreamName: this.#streamName,
      Records: records.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data })),
    });
    try {
      const { FailedRecordCount = 0, Records = [] } = await this.#client.send(command);
      if (Records.length === records.length) return FailedRecordCount === 0 ? [] : Records;
      throw new Error(`${records.length} records were put and ${Records.length} answered`);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.name : String(cause);
      throw new StoreError(`stream ${this.#streamName}: PutRecords failed with ${reason}`, { cause });
    }
  }
}

function chunksOf(records: readonly StreamRecord[]): readonly (readonly StreamRecord[])[] {
  const chunks: StreamRecord[][] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.data.length + Buffer.byteLength(record.partitionKey);
    const chunk = chunks.at(-1);
    if (chunk === undefined || chunk.length === chunkRecords || bytes + size > chunkBytes) {
      chunks.push([record]);
      bytes = size;
    } else {
      chunk.push(record);
      bytes += size;
    }
  }
  return chunks;
}
