import { setTimeout as pause } from "node:timers/promises";
import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  type GetRecordsOutput,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
} from "@aws-sdk/client-kinesis";
import { StoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import type { StreamTail } from "#src/ports/stream-tail.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html: five calls a second and shard. */
const pauseMs = 250;

/** What of a Kinesis stream was not read. */
export class KinesisStreamTail implements StreamTail {
  readonly #client: KinesisClient;
  readonly #streamName: string;

  constructor(client: KinesisClient, streamName: string) {
    this.#client = client;
    this.#streamName = streamName;
  }

  /** When the stream was made, which tells it from another of its name. */
  async createdAt(): Promise<EpochMs | undefined> {
    const command = new DescribeStreamSummaryCommand({ StreamName: this.#streamName });
    const answer = await this.#answer("DescribeStreamSummary", this.#client.send(command));
    return answer.StreamDescriptionSummary?.StreamCreationTimestamp?.getTime() as EpochMs | undefined;
  }

  async shards(): Promise<readonly ShardKey[]> {
    const shards: ShardKey[] = [];
    let nextToken: string | undefined;
    do {
      // A further page is asked for by its token alone: the service refuses a stream name beside it.
      const input = nextToken === undefined ? { StreamName: this.#streamName } : { NextToken: nextToken };
      const page = await this.#answer("ListShards", this.#client.send(new ListShardsCommand(input)));
      for (const { ShardId } of page.Shards ?? []) shards.push(`${this.#streamName}/${ShardId}` as ShardKey);
      nextToken = page.NextToken;
    } while (nextToken !== undefined);
    return shards;
  }

  async firstArrival(shard: ShardKey, after: string | undefined): Promise<EpochMs | undefined> {
    const start =
      after === undefined
        ? { ShardIteratorType: "TRIM_HORIZON" as const }
        : { ShardIteratorType: "AFTER_SEQUENCE_NUMBER" as const, StartingSequenceNumber: after };
    const command = new GetShardIteratorCommand({
      StreamName: this.#streamName,
      ShardId: shard.slice(shard.lastIndexOf("/") + 1),
      ...start,
    });
    let { ShardIterator: iterator } = await this.#answer("GetShardIterator", this.#client.send(command));
    while (iterator !== undefined) {
      const page: GetRecordsOutput = await this.#answer(
        "GetRecords",
        this.#client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 1 })),
      );
      const arrival = page.Records?.[0]?.ApproximateArrivalTimestamp;
      if (arrival !== undefined) return arrival.getTime() as EpochMs;
      // A page may be empty although there are records behind it.
      if ((page.MillisBehindLatest ?? 0) === 0) return undefined;
      iterator = page.NextShardIterator;
      await pause(pauseMs);
    }
    return undefined; // the end of a closed shard
  }

  async #answer<T>(operation: string, request: Promise<T>): Promise<T> {
    try {
      return await request;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.name : String(cause);
      throw new StoreError(`stream ${this.#streamName}: ${operation} failed with ${reason}`, { cause });
    }
  }
}
