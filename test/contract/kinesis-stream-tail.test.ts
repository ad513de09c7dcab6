import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { describe, expect, onTestFinished, test } from "vitest";
import { startKinesisServer } from "#local/kinesis-server.ts";
import { LocalStream, shardIdOf } from "#local/stream/play-stream.ts";
import { KinesisStreamTail } from "#src/adapters/kinesis/kinesis-stream-tail.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { httpDouble } from "./http-double.ts";

function clientOf(endpoint: string): KinesisClient {
  const client = new KinesisClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
  onTestFinished(() => client.destroy());
  return client;
}

const keyOf = (index: number): ShardKey => `plays/${shardIdOf(index)}` as ShardKey;

describe("KinesisStreamTail on the embedded endpoint", () => {
  /** A stream whose records arrive at the given times, all in one shard. */
  async function aStream(shardCount: number) {
    const dir = mkdtempSync(join(tmpdir(), "earworm-tail-"));
    let now = Date.parse("2026-11-20T12:00:00.123Z");
    const stream = LocalStream.open({
      ...{ dir, name: "plays", shardCount, retentionMs: 3_600_000, fsync: false },
      now: () => now,
    });
    const server = await startKinesisServer({ streams: stream, port: 0 });
    onTestFinished(async () => {
      await server.close();
      stream.close();
      rmSync(dir, { recursive: true });
    });
    const put = (arrivedAt: number): string => {
      now = arrivedAt;
      return (
        stream.put([{ partitionKey: "p", data: Buffer.from("x"), explicitHashKey: "0" }])[0]
          ?.sequenceNumber ?? ""
      );
    };
    return {
      put,
      start: now,
      tail: new KinesisStreamTail(clientOf(`http://127.0.0.1:${server.port}`), "plays"),
    };
  }

  test("all shards are listed", async () => {
    const { tail } = await aStream(3);

    expect(await tail.shards()).toEqual([keyOf(0), keyOf(1), keyOf(2)]);
  });

  test("the first record behind a sequence number tells its arrival, to the ms", async () => {
    const { put, start, tail } = await aStream(2);
    const numbers = [put(start), put(start + 1_001), put(start + 5_000)];

    const arrivals = [undefined, ...numbers].map((after) => tail.firstArrival(keyOf(0), after));

    expect(await Promise.all(arrivals)).toEqual([start, start + 1_001, start + 5_000, undefined]);
    expect(await tail.firstArrival(keyOf(1), undefined)).toBeUndefined();
  });

  test("a sequence number of another shard is an error", async () => {
    const { put, start, tail } = await aStream(2);
    const number = put(start);

    const arrival = tail.firstArrival(keyOf(1), number);

    await expect(arrival).rejects.toThrow(StoreError);
    await expect(arrival).rejects.toThrow(
      "stream plays: GetShardIterator failed with InvalidArgumentException",
    );
  });
});

describe("KinesisStreamTail on AWS", () => {
  const record = {
    SequenceNumber: "1",
    PartitionKey: "p",
    Data: "",
    ApproximateArrivalTimestamp: 1_700_000_000.5,
  };

  async function firstArrival(pages: readonly object[]): Promise<number | undefined> {
    let page = 0;
    const { endpoint } = await httpDouble(({ target }) => ({
      body: target === "GetShardIterator" ? { ShardIterator: "i" } : (pages[page++] ?? {}),
    }));
    return await new KinesisStreamTail(clientOf(endpoint), "plays").firstArrival(keyOf(0), "1");
  }

  test.each<[string, readonly object[], number | undefined]>([
    [
      "an empty page that is behind is no end",
      [
        { Records: [], MillisBehindLatest: 5, NextShardIterator: "j" },
        { Records: [record], MillisBehindLatest: 0 },
      ],
      1_700_000_000_500,
    ],
    [
      "an empty page at the tip is",
      [{ Records: [], MillisBehindLatest: 0, NextShardIterator: "j" }],
      undefined,
    ],
    ["a closed shard has one", [{ Records: [], MillisBehindLatest: 5 }], undefined],
  ])("%s", async (_, pages, expected) => {
    expect(await firstArrival(pages)).toBe(expected);
  });

  test("shards come page by page", async () => {
    const { endpoint } = await httpDouble(({ body }) => {
      const input = JSON.parse(body) as { StreamName?: string; NextToken?: string };
      if (input.NextToken === undefined) return { body: { Shards: [{ ShardId: "a" }], NextToken: "more" } };
      if (input.StreamName === undefined) return { body: { Shards: [{ ShardId: "b" }] } };
      return { status: 400, body: { __type: "InvalidArgumentException", message: "token and name" } };
    });

    expect(await new KinesisStreamTail(clientOf(endpoint), "plays").shards()).toEqual(["plays/a", "plays/b"]);
  });
});
