import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startKinesisServer } from "#local/kinesis-server.ts";
import { LocalStream, TRIM_HORIZON } from "#local/stream/play-stream.ts";
import { createKinesisClient } from "#src/adapters/kinesis/kinesis-client.ts";
import { KinesisPlayStream } from "#src/adapters/kinesis/kinesis-play-stream.ts";
import { KinesisShardLineage } from "#src/adapters/kinesis/kinesis-shard-lineage.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { ShardKey } from "#src/domain/position.ts";
import type { StreamRecord } from "#src/ports/play-stream.ts";
import { type DoubledRequest, httpDouble } from "./http-double.ts";

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

const aRecord = (n: number, bytes = 10): StreamRecord => ({
  partitionKey: `listener-${n}`,
  data: new Uint8Array(bytes),
});

const keysOf = (request: DoubledRequest): string[] =>
  (JSON.parse(request.body) as { Records: { PartitionKey: string }[] }).Records.map((r) => r.PartitionKey);

const accepted = { SequenceNumber: "1", ShardId: "shardId-000000000000" };
const throttled = { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "slow down" };

test("a function's client finds an endpoint that speaks HTTP/1.1 alone in the environment", async () => {
  const { endpoint, requests } = await httpDouble(() => ({ body: { Shards: [] } }));
  vi.stubEnv("AWS_ENDPOINT_URL", endpoint);
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
  onTestFinished(() => void vi.unstubAllEnvs());
  const client = createKinesisClient();
  onTestFinished(() => client.destroy());

  await new KinesisShardLineage(client).ancestors("plays/a" as ShardKey);

  expect(requests.map((request) => request.target)).toEqual(["ListShards"]);
});

describe("KinesisPlayStream", () => {
  test("no records are no request", async () => {
    const { endpoint, requests } = await httpDouble(() => ({ body: {} }));

    await new KinesisPlayStream(clientOf(endpoint), "plays").put([]);

    expect(requests).toEqual([]);
  });

  test("records go out in order, at most 500 and 5 MiB a request", async () => {
    const { endpoint, requests } = await httpDouble((request) => ({
      body: { FailedRecordCount: 0, Records: keysOf(request).map(() => accepted) },
    }));
    const small = Array.from({ length: 1_001 }, (_, n) => aRecord(n));
    const large = Array.from({ length: 6 }, (_, n) => aRecord(2_000 + n, 1024 * 1024));

    await new KinesisPlayStream(clientOf(endpoint), "plays").put([...small, ...large]);

    const sent = requests.map(keysOf);
    expect(sent.flat()).toEqual([...small, ...large].map((record) => record.partitionKey));
    expect(sent.map((keys) => keys.length)).toEqual([500, 500, 5, 2]);
  });

  test("only the records that were refused are put again", async () => {
    let calls = 0;
    const { endpoint, requests } = await httpDouble((request) => {
      calls += 1;
      const Records = keysOf(request).map((key) =>
        calls < 3 && ["listener-1", "listener-3"].includes(key) ? throttled : accepted,
      );
      return { body: { FailedRecordCount: Records.filter((r) => r === throttled).length, Records } };
    });

    await new KinesisPlayStream(clientOf(endpoint), "plays").put([0, 1, 2, 3].map((n) => aRecord(n)));

    expect(requests.map(keysOf)).toEqual([
      ["listener-0", "listener-1", "listener-2", "listener-3"],
      ["listener-1", "listener-3"],
      ["listener-1", "listener-3"],
    ]);
  });

  test("a failing service is a StoreError that names the stream", async () => {
    const { endpoint } = await httpDouble(() => ({
      status: 400,
      body: { __type: "ResourceNotFoundException", message: "no such stream" },
    }));

    const put = new KinesisPlayStream(clientOf(endpoint), "plays").put([aRecord(1)]);

    await expect(put).rejects.toThrow(StoreError);
    await expect(put).rejects.toThrow(/plays.*ResourceNotFoundException/);
  });

  test("records that are refused again and again are a StoreError", { timeout: 60_000 }, async () => {
    const { endpoint, requests } = await httpDouble(() => ({
      body: { FailedRecordCount: 1, Records: [throttled] },
    }));

    const put = new KinesisPlayStream(clientOf(endpoint), "plays", { longestPauseMs: 5 }).put([aRecord(1)]);

    await expect(put).rejects.toThrow(/1 of 1 records.*ProvisionedThroughputExceededException/);
    expect(requests).toHaveLength(10);
  });
});

describe("KinesisShardLineage", () => {
  const page = (...shards: readonly (readonly [id: string, parent?: string, adjacent?: string])[]) =>
    shards.map(([ShardId, ParentShardId, AdjacentParentShardId]) => ({
      ShardId,
      ...(ParentShardId === undefined ? {} : { ParentShardId }),
      ...(AdjacentParentShardId === undefined ? {} : { AdjacentParentShardId }),
      HashKeyRange: { StartingHashKey: "0", EndingHashKey: "1" },
      SequenceNumberRange: { StartingSequenceNumber: "1" },
    }));
  const pages = [
    page(["a"], ["b", "a"], ["c", "a"]),
    page(["d", "b"], ["e", "b"], ["f", "c", "d"], ["h", "g"]),
  ];

  async function ancestorsOf(shard: string): Promise<readonly string[]> {
    const { endpoint } = await httpDouble(({ body }) => {
      const input = JSON.parse(body) as { StreamName?: string; NextToken?: string };
      if (input.NextToken === undefined) return { body: { Shards: pages[0], NextToken: "more" } };
      if (input.StreamName === undefined) return { body: { Shards: pages[1] } };
      return { status: 400, body: { __type: "InvalidArgumentException", message: "token and name" } };
    });
    return await new KinesisShardLineage(clientOf(endpoint)).ancestors(`plays/${shard}` as ShardKey);
  }

  test.each([
    ["an original shard", "a", []],
    ["half of a split", "c", ["plays/a"]],
    ["a split of a split", "e", ["plays/b", "plays/a"]],
    ["a merge", "f", ["plays/c", "plays/d", "plays/a", "plays/b"]],
    ["a shard whose parent has expired", "h", ["plays/g"]],
    ["an unknown shard", "z", []],
  ])("the ancestors of %s, nearest first and each once", async (_, shard, expected) => {
    const ancestors = await ancestorsOf(shard);

    expect(ancestors).toEqual(expected);
  });

  test("a failing service is a StoreError that names the stream", async () => {
    const { endpoint } = await httpDouble(() => ({
      status: 400,
      body: { __type: "ResourceNotFoundException", message: "no such stream" },
    }));

    const ancestors = new KinesisShardLineage(clientOf(endpoint)).ancestors("plays/a" as ShardKey);

    await expect(ancestors).rejects.toThrow(StoreError);
    await expect(ancestors).rejects.toThrow(/plays/);
  });
});

describe("on the embedded Kinesis endpoint", () => {
  async function anEndpoint() {
    const dir = mkdtempSync(join(tmpdir(), "earworm-kinesis-"));
    const stream = LocalStream.open({
      dir: join(dir, "plays"),
      name: "plays",
      shardCount: 4,
      retentionMs: 86_400_000,
      fsync: false,
      now: Date.now,
    });
    const server = await startKinesisServer({ streams: stream, port: 0 });
    onTestFinished(async () => {
      await server.close();
      stream.close();
      rmSync(dir, { recursive: true });
    });
    return { stream, client: clientOf(`http://127.0.0.1:${server.port}`) };
  }

  test("every record arrives once, each listener's in order", async () => {
    const { stream, client } = await anEndpoint();
    const records = Array.from({ length: 1_200 }, (_, n) => ({
      partitionKey: `listener-${n % 7}`,
      data: Buffer.from(String(n)),
    }));

    await new KinesisPlayStream(client, "plays").put(records);

    const limits = { maxRecords: 10_000, maxBytes: 100_000_000 };
    const stored = stream.shardIds.flatMap((id) => [...stream.read(id, TRIM_HORIZON, limits)]);
    for (let listener = 0; listener < 7; listener++) {
      const textsOf = (all: readonly StreamRecord[]): string[] =>
        all
          .filter((record) => record.partitionKey === `listener-${listener}`)
          .map((record) => Buffer.from(record.data).toString());
      expect(textsOf(stored)).toEqual(textsOf(records));
    }
  });

  test("its shards have no ancestors", async () => {
    const { stream, client } = await anEndpoint();

    const ancestors = await new KinesisShardLineage(client).ancestors(
      `plays/${stream.shardIds[1]}` as ShardKey,
    );

    expect(ancestors).toEqual([]);
  });
});
