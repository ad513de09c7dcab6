import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect as connectHttp2, constants } from "node:http2";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import {
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type KinesisServer, type KinesisServerOptions, startKinesisServer } from "#local/kinesis-server.ts";
import { LocalStream, TRIM_HORIZON } from "#local/stream/play-stream.ts";

const SHARD = "shardId-000000000000";
const ALL = { maxRecords: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
const MIB = 1024 * 1024;
const PREFACE_BEGIN = "PRI * HTT";
let dir = "";
let nowMs = 0;
let stream: LocalStream;
let server: KinesisServer;
let clients: KinesisClient[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "earworm-kinesis-"));
  nowMs = 1_790_000_000_123;
  const options = { name: "plays", shardCount: 2, retentionMs: 7_200_000, fsync: false, now: () => nowMs };
  stream = LocalStream.open({ dir, ...options });
  server = await start();
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  clients = [];
  await server.close();
  stream.close();
  rmSync(dir, { recursive: true });
});

function start(options: Partial<KinesisServerOptions> = {}): Promise<KinesisServer> {
  return startKinesisServer({ streams: stream, port: 0, now: () => nowMs, ...options });
}

function client(options: ConstructorParameters<typeof KinesisClient>[0] = {}): KinesisClient {
  const created = new KinesisClient({
    endpoint: `http://127.0.0.1:${server.port}`,
    region: "eu-west-1",
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    maxAttempts: 1,
    ...options,
  });
  clients.push(created);
  return created;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: { readonly [name: string]: unknown };
}

/** One request over HTTP/1.1, as `curl` would send it. */
function post(
  action: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  method = "POST",
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const target = { "x-amz-target": `Kinesis_20131202.${action}` };
  const all = { "content-type": "application/x-amz-json-1.1", ...target, ...headers };
  const sent = httpRequest({ port: server.port, host: "127.0.0.1", method, headers: all, agent: false });
  sent.on("error", reject);
  sent.on("response", (response) => {
    void text(response).then((answered) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(answered) });
    }, reject);
  });
  sent.end(typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  return promise;
}

/** One request over HTTP/2 with prior knowledge. */
function postHttp2(headers: Readonly<Record<string, string>>, body: string | Buffer): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const session = connectHttp2(`http://127.0.0.1:${server.port}`);
  session.on("error", reject);
  const sent = session.request({ ":method": "POST", ":path": "/", ...headers });
  sent.on("error", reject);
  sent.on("response", (answered) => {
    void text(sent)
      .then((json) => {
        resolve({ status: Number(answered[":status"]), headers: answered, body: JSON.parse(json) });
      }, reject)
      .finally(() => session.close());
  });
  sent.end(body);
  return promise;
}

const base64 = (content: string) => Buffer.from(content).toString("base64");

const all = () => stream.shardIds.flatMap((id) => [...stream.read(id, TRIM_HORIZON, ALL)]);

describe.each([
  ["its default HTTP/2", () => client()],
  ["HTTP/1.1", () => client({ requestHandler: new NodeHttpHandler() })],
])("the JS SDK over %s", (_, createClient) => {
  test("puts a record that is in the stream when the answer comes", async () => {
    const data = Buffer.from([0, 1, 254, 255]);

    const input = { StreamName: "plays", PartitionKey: "kéy", Data: data };
    const output = await createClient().send(new PutRecordCommand(input));

    expect(stream.read(output.ShardId ?? "", TRIM_HORIZON, ALL)).toEqual([
      {
        sequenceNumber: output.SequenceNumber,
        partitionKey: "kéy",
        data,
        approximateArrivalTimestamp: nowMs,
      },
    ]);
  });

  test("puts 500 records in order, several requests at a time", async () => {
    const sdk = createClient();
    const Records = Array.from({ length: 500 }, (_, i) => ({
      PartitionKey: `u${i}`,
      Data: Buffer.from(`${i}`),
    }));

    const outputs = await Promise.all(
      Array.from({ length: 4 }, () => sdk.send(new PutRecordsCommand({ StreamName: "plays", Records }))),
    );

    expect(outputs.map((output) => output.FailedRecordCount)).toEqual([0, 0, 0, 0]);
    const numbers = new Map(all().map((r) => [r.sequenceNumber, Buffer.from(r.data).toString()]));
    expect(numbers.size).toBe(2_000);
    for (const { Records: results = [] } of outputs) {
      expect(results.map((r) => numbers.get(r.SequenceNumber ?? ""))).toEqual(Records.map((_, i) => `${i}`));
    }
  });

  test("puts as much as a request may hold", async () => {
    const Records = Array.from({ length: 10 }, (_, i) => ({
      PartitionKey: "u",
      Data: Buffer.alloc(MIB - 1, i),
    }));

    const output = await createClient().send(new PutRecordsCommand({ StreamName: "plays", Records }));

    expect(output.FailedRecordCount).toBe(0);
    expect(all().map(({ data }) => data.length)).toEqual(Array.from({ length: 10 }, () => MIB - 1));
  });

  test.each([499, 500])("puts %d records in a request", async (count) => {
    const Records = Array.from({ length: count }, () => ({ PartitionKey: "u", Data: Buffer.from("x") }));

    const output = await createClient().send(new PutRecordsCommand({ StreamName: "plays", Records }));

    expect(output.FailedRecordCount).toBe(0);
    expect(all()).toHaveLength(count);
  });

  test.each([
    [256, MIB - 257],
    [256, MIB - 256],
    [1, MIB - 1],
  ])("puts a record with a key of %d characters and %d bytes", async (characters, bytes) => {
    const record = { PartitionKey: "u".repeat(characters), Data: Buffer.alloc(bytes) };

    await createClient().send(new PutRecordCommand({ StreamName: "plays", ...record }));

    expect(all().map(({ data }) => data.length)).toEqual([bytes]);
  });

  test("reads all records page by page", async () => {
    const sdk = createClient();
    stream.put(
      Array.from({ length: 25 }, (_, i) => ({
        partitionKey: "u",
        data: Buffer.from(`${i}`),
        explicitHashKey: "0",
      })),
    );
    nowMs += 1_500;

    const seen: string[] = [];
    const behind: unknown[] = [];
    const iteratorInput = { StreamName: "plays", ShardId: SHARD, ShardIteratorType: "TRIM_HORIZON" } as const;
    let { ShardIterator: iterator } = await sdk.send(new GetShardIteratorCommand(iteratorInput));
    for (let page = 0; page < 4; page += 1) {
      const output = await sdk.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 10 }));
      seen.push(...(output.Records ?? []).map(({ Data }) => Buffer.from(Data ?? []).toString()));
      behind.push(output.MillisBehindLatest);
      iterator = output.NextShardIterator;
    }

    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `${i}`));
    expect(behind).toEqual([1_500, 1_500, 0, 0]);
  });

  test("gets the error class of an error", async () => {
    const sent = createClient().send(new DescribeStreamSummaryCommand({ StreamName: "nope" }));

    await expect(sent).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Stream nope under account 000000000000 not found.",
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe("describing", () => {
  const arn = "arn:aws:kinesis:us-east-1:000000000000:stream/plays";

  test("streams, shards and summaries are those of the stream", async () => {
    const sdk = client();

    const described = await sdk.send(new DescribeStreamCommand({ StreamName: "plays" }));
    const summary = await sdk.send(new DescribeStreamSummaryCommand({ StreamARN: arn }));
    const shards = await sdk.send(new ListShardsCommand({ StreamName: "plays" }));
    const listed = await sdk.send(new ListStreamsCommand({}));

    const common = {
      StreamName: "plays",
      StreamARN: arn,
      StreamStatus: "ACTIVE",
      RetentionPeriodHours: 2,
      StreamCreationTimestamp: new Date(nowMs),
    };
    expect(described.StreamDescription).toMatchObject({ ...common, HasMoreShards: false });
    expect(described.StreamDescription?.Shards).toEqual(shards.Shards);
    expect(summary.StreamDescriptionSummary).toMatchObject({ ...common, OpenShardCount: 2 });
    expect(shards.Shards?.map(({ ShardId }) => ShardId)).toEqual(stream.shardIds);
    expect(shards.Shards?.[0]?.HashKeyRange).toEqual({
      StartingHashKey: "0",
      EndingHashKey: "170141183460469231731687303715884105727",
    });
    expect(shards.NextToken).toBeUndefined();
    expect(listed.StreamNames).toEqual(["plays"]);
    expect(listed.HasMoreStreams).toBe(false);
  });

  test("shards can be listed page by page", async () => {
    const sdk = client();

    const first = await sdk.send(new ListShardsCommand({ StreamName: "plays", MaxResults: 1 }));
    const second = await sdk.send(new ListShardsCommand({ NextToken: first.NextToken }));
    const third = await sdk.send(
      new ListShardsCommand({ StreamName: "plays", ExclusiveStartShardId: "shardId-000000000000" }),
    );

    const ids = [first, second, third].map(({ Shards = [] }) => Shards.map(({ ShardId }) => ShardId));
    expect(ids).toEqual([["shardId-000000000000"], ["shardId-000000000001"], ["shardId-000000000001"]]);
    expect(second.NextToken).toBeUndefined();
  });

  test("a server has several streams", async () => {
    const skips = LocalStream.open({
      dir: join(dir, "skips"),
      name: "skips",
      shardCount: 1,
      retentionMs: 0,
      fsync: false,
      now: () => nowMs,
    });
    await server.close();
    server = await start({ streams: new Map([stream, skips].map((s) => [s.name, s])) });
    const sdk = client();

    await sdk.send(new PutRecordCommand({ StreamName: "skips", PartitionKey: "u", Data: Buffer.from("x") }));
    const listed = await sdk.send(new ListStreamsCommand({ Limit: 1 }));
    const rest = await sdk.send(new ListStreamsCommand({ NextToken: listed.NextToken }));

    expect(skips.read(SHARD, TRIM_HORIZON, ALL)).toHaveLength(1);
    expect([listed.StreamNames, listed.HasMoreStreams]).toEqual([["plays"], true]);
    expect([rest.StreamNames, rest.HasMoreStreams]).toEqual([["skips"], false]);
    skips.close();
  });
});

describe("shard iterators", () => {
  async function textsFrom(input: Partial<GetShardIteratorCommandInput>): Promise<string[]> {
    const sdk = client();
    const defaults = { StreamName: "plays", ShardId: SHARD, ShardIteratorType: undefined };
    const { ShardIterator } = await sdk.send(new GetShardIteratorCommand({ ...defaults, ...input }));
    stream.put([{ partitionKey: "u", data: Buffer.from("new"), explicitHashKey: "0" }]);
    const { Records = [] } = await sdk.send(new GetRecordsCommand({ ShardIterator }));
    return Records.map(({ Data }) => Buffer.from(Data ?? []).toString());
  }

  function fill(): string[] {
    return ["a", "b", "c"].map((content) => {
      nowMs += 1_000;
      const [put] = stream.put([{ partitionKey: "u", data: Buffer.from(content), explicitHashKey: "0" }]);
      return put?.sequenceNumber ?? "";
    });
  }

  test("each type begins where it says", async () => {
    const [, b] = fill();
    const at = (ms: number) => textsFrom({ ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date(ms) });

    expect(await textsFrom({ ShardIteratorType: "TRIM_HORIZON" })).toEqual(["a", "b", "c", "new"]);
    expect((await textsFrom({ ShardIteratorType: "LATEST" })).join()).toBe("new");
    const atB = { ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: b } as const;
    expect((await textsFrom(atB)).slice(0, 3)).toEqual(["b", "c", "new"]);
    const afterB = { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: b } as const;
    expect((await textsFrom(afterB)).slice(0, 2)).toEqual(["c", "new"]);
    expect((await at(nowMs - 1_000)).slice(0, 3)).toEqual(["b", "c", "new"]);
    expect((await at(nowMs - 999)).slice(0, 2)).toEqual(["c", "new"]);
  });

  test("the latest of an empty shard is what comes first", async () => {
    expect(await textsFrom({ ShardIteratorType: "LATEST" })).toEqual(["new"]);
  });

  test("one expires after five minutes", async () => {
    const input = { StreamName: "plays", ShardId: SHARD, ShardIteratorType: "LATEST" };
    const { body } = await post("GetShardIterator", input);

    nowMs += 300_000;
    const inTime = await post("GetRecords", body);
    nowMs += 1;
    const late = await post("GetRecords", body);

    expect(inTime.status).toBe(200);
    expect(late).toMatchObject({ status: 400, body: { __type: "ExpiredIteratorException" } });
  });
});

describe("errors", () => {
  const put = { StreamName: "plays", PartitionKey: "u", Data: base64("x") };
  const entry = { PartitionKey: "u", Data: base64("x") };
  const iterator = { StreamName: "plays", ShardId: SHARD, ShardIteratorType: "LATEST" };
  const encoded = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString("base64url");
  const arn = (name: string) => `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`;
  const records = (count: number, bytes: number) =>
    Array.from({ length: count }, () => ({
      PartitionKey: "u",
      Data: Buffer.alloc(bytes).toString("base64"),
    }));

  test.each<[string, string, unknown, string, string]>([
    ["an unknown action", "MakeCoffee", {}, "UnknownOperationException", "MakeCoffee"],
    ["an action that is not imitated", "MergeShards", {}, "UnknownOperationException", "MergeShards"],
    ["an inherited name", "constructor", {}, "UnknownOperationException", "constructor"],
    ["a body that is not JSON", "PutRecord", "{", "SerializationException", "not JSON"],
    ["a body that is not an object", "PutRecord", "[]", "SerializationException", "not an object"],
    [
      "an unknown stream",
      "PutRecord",
      { ...put, StreamName: "no" },
      "ResourceNotFoundException",
      "Stream no ",
    ],
    ["no stream", "DescribeStream", {}, "InvalidArgumentException", "StreamName or StreamARN"],
    ["a bad stream name", "DescribeStream", { StreamName: "a b" }, "ValidationException", "'streamName'"],
    ["a bad ARN", "DescribeStream", { StreamARN: "arn:x" }, "ValidationException", "'streamARN'"],
    [
      "an ARN of an unknown stream",
      "DescribeStream",
      { StreamARN: arn("no") },
      "ResourceNotFoundException",
      "no",
    ],
    [
      "a name and an ARN apart",
      "PutRecord",
      { ...put, StreamARN: arn("no") },
      "InvalidArgumentException",
      "different",
    ],
    ["no data", "PutRecord", { ...put, Data: undefined }, "ValidationException", "'data'"],
    ["data that is not base64", "PutRecord", { ...put, Data: "{}" }, "SerializationException", "base64"],
    ["data of the wrong type", "PutRecord", { ...put, Data: 1 }, "SerializationException", "Data"],
    ["no key", "PutRecord", { ...put, PartitionKey: undefined }, "ValidationException", "'partitionKey'"],
    [
      "an empty key",
      "PutRecord",
      { ...put, PartitionKey: "" },
      "ValidationException",
      "greater than or equal to 1",
    ],
    [
      "a key of 257",
      "PutRecord",
      { ...put, PartitionKey: "é".repeat(257) },
      "ValidationException",
      "equal to 256",
    ],
    [
      "a bad hash key",
      "PutRecord",
      { ...put, ExplicitHashKey: "x" },
      "InvalidArgumentException",
      "ExplicitHashKey",
    ],
    [
      "too long a record",
      "PutRecord",
      { ...put, ...records(1, MIB + 1)[0] },
      "ValidationException",
      "1048576",
    ],
    [
      "too long with its key",
      "PutRecord",
      { ...put, ...records(1, MIB)[0] },
      "InvalidArgumentException",
      "1048576",
    ],
    ["no list", "PutRecords", { StreamName: "plays" }, "ValidationException", "'records'"],
    [
      "a list that is none",
      "PutRecords",
      { StreamName: "plays", Records: {} },
      "SerializationException",
      "Records",
    ],
    ["no records", "PutRecords", { StreamName: "plays", Records: [] }, "ValidationException", "equal to 1"],
    [
      "501 records",
      "PutRecords",
      { StreamName: "plays", Records: records(501, 1) },
      "ValidationException",
      "500",
    ],
    [
      "a bad record among others",
      "PutRecords",
      { StreamName: "plays", Records: [entry, { ...entry, PartitionKey: "" }] },
      "ValidationException",
      "'records.2.member.partitionKey'",
    ],
    [
      "more than 10 MiB",
      "PutRecords",
      { StreamName: "plays", Records: records(11, MIB - 1) },
      "InvalidArgumentException",
      "10485760",
    ],
    [
      "an unknown shard",
      "GetShardIterator",
      { ...iterator, ShardId: "s" },
      "ResourceNotFoundException",
      "shard s",
    ],
    [
      "a bad iterator type",
      "GetShardIterator",
      { ...iterator, ShardIteratorType: "X" },
      "ValidationException",
      "'X'",
    ],
    [
      "no sequence number",
      "GetShardIterator",
      { ...iterator, ShardIteratorType: "AT_SEQUENCE_NUMBER" },
      "InvalidArgumentException",
      "StartingSequenceNumber",
    ],
    [
      "a foreign sequence number",
      "GetShardIterator",
      { ...iterator, ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: "17" },
      "InvalidArgumentException",
      "17",
    ],
    [
      "no timestamp",
      "GetShardIterator",
      { ...iterator, ShardIteratorType: "AT_TIMESTAMP" },
      "InvalidArgumentException",
      "Timestamp",
    ],
    [
      "a timestamp to come",
      "GetShardIterator",
      { ...iterator, ShardIteratorType: "AT_TIMESTAMP", Timestamp: 4e9 },
      "InvalidArgumentException",
      "timestamp",
    ],
    [
      "garbage for an iterator",
      "GetRecords",
      { ShardIterator: "AAAA" },
      "InvalidArgumentException",
      "ShardIterator",
    ],
    [
      "a forged iterator",
      "GetRecords",
      { ShardIterator: encoded(["plays", SHARD, "17", 1_790_000_000_000]) },
      "InvalidArgumentException",
      "ShardIterator",
    ],
    [
      "a bad limit",
      "GetRecords",
      { ShardIterator: encoded(["plays", SHARD, "TRIM_HORIZON", 1_790_000_000_000]), Limit: 0 },
      "ValidationException",
      "'limit'",
    ],
    ["a bad token", "ListShards", { NextToken: "AAAA" }, "InvalidArgumentException", "NextToken"],
    [
      "a token beside a name",
      "ListShards",
      { NextToken: encoded(["plays", SHARD]), StreamName: "plays" },
      "InvalidArgumentException",
      "NextToken",
    ],
    ["a limit of the wrong type", "ListStreams", { Limit: "x" }, "SerializationException", "Limit"],
  ])("%s is answered as by Kinesis and puts nothing", async (_, action, body, type, message) => {
    const answer = await post(action, body);

    expect(answer).toMatchObject({
      status: 400,
      headers: { "x-amzn-errortype": type, "content-type": "application/x-amz-json-1.1" },
      body: { __type: type, message: expect.stringContaining(message) },
    });
    expect(all()).toEqual([]);
  });

  test("a request without a target or by another method is an unknown operation", async () => {
    const answers = [
      await post("ListStreams", {}, { "x-amz-target": "" }),
      await post("ListStreams", {}, { "x-amz-target": "DynamoDB_20120810.ListStreams" }),
      await post("ListStreams", "", {}, "GET"),
    ];

    expect(answers.map(({ status, body }) => [status, body["__type"]])).toEqual(
      answers.map(() => [400, "UnknownOperationException"]),
    );
  });

  test("CBOR is refused with what to do about it", async () => {
    const answer = await post("PutRecord", "\u00bf", { "content-type": "application/x-amz-cbor-1.1" });

    expect(answer.body["message"]).toContain("AWS_CBOR_DISABLE=true");
  });

  test("a stream that fails is answered with 500 and reported", async () => {
    const errors: unknown[] = [];
    await server.close();
    server = await start({ onError: (error) => errors.push(error) });
    stream.close();

    const answer = await post("PutRecord", put);

    expect(answer).toMatchObject({ status: 500, body: { __type: "InternalFailureException" } });
    expect(errors).toEqual([new Error("stream plays is closed")]);
  });
});

describe("guards", () => {
  const listStreams = { "x-amz-target": "Kinesis_20131202.ListStreams" };

  test.each([
    "evil.example",
    "evil.example:80",
    "127.0.0.1.evil.example",
    "10.0.0.1",
    "127.0.0.1@evil.example",
  ])("the host %j is refused", async (host) => {
    const overHttp1 = await post("ListStreams", {}, { host });

    expect(overHttp1).toMatchObject({ status: 403, body: { __type: "AccessDeniedException" } });
  });

  test("a foreign authority is refused over HTTP/2", async () => {
    const answer = await postHttp2({ ...listStreams, ":authority": "evil.example" }, "{}");

    expect(answer.status).toBe(403);
  });

  test.each(["localhost", "localhost:1234", "LOCALHOST", "127.0.0.1:9", "[::1]:4567"])(
    "the host %j is local",
    async (host) => {
      const answer = await post("ListStreams", {}, { host });

      expect(answer.status).toBe(200);
    },
  );

  test.each([
    ["http://evil.example", 403],
    ["https://localhost.evil.example", 403],
    ["null", 403],
    ["http://localhost:5173", 200],
    ["http://[::1]:5173", 200],
  ])("a page of origin %s gets %i", async (origin, status) => {
    const overHttp1 = await post("ListStreams", {}, { origin });
    const overHttp2 = await postHttp2({ ...listStreams, origin }, "{}");

    expect([overHttp1.status, overHttp2.status]).toEqual([status, status]);
  });

  test("allowed hosts can be others", async () => {
    await server.close();
    server = await start({ allowedHosts: ["earworm.test"] });

    const answers = [
      await post("ListStreams", {}, { host: "earworm.test:4567" }),
      await post("ListStreams", {}, { host: "localhost" }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 403]);
  });

  test("a body that is too long is answered with 413 over either protocol", async () => {
    const tooLong = Buffer.alloc(17 * MIB);

    const declared = await post("PutRecord", tooLong);
    const chunked = await post("PutRecord", tooLong, { "transfer-encoding": "chunked" });
    const overHttp2 = await postHttp2({ "x-amz-target": "Kinesis_20131202.PutRecord" }, tooLong);

    expect([declared, chunked, overHttp2].map(({ status }) => status)).toEqual([413, 413, 413]);
  });
});

describe("connections", () => {
  test("a port in use rejects with EADDRINUSE", async () => {
    await expect(start({ port: server.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  test("the protocol is told apart however the first bytes arrive", async () => {
    const request =
      `POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: Kinesis_20131202.ListStreams\r\n` +
      `Content-Length: 2\r\nConnection: close\r\n\r\n{}`;
    const socket = connectSocket(server.port, "127.0.0.1");
    const answer = text(socket);

    for (const character of request) {
      await new Promise((resolve) => socket.write(character, resolve));
    }

    expect(await answer).toContain('"StreamNames":["plays"]');
  });

  test("a connection that rests is kept for a minute", async () => {
    const socket = connectSocket(server.port, "127.0.0.1");
    let answer = "";
    socket.on("data", (chunk) => {
      answer += String(chunk);
    });

    socket.write(
      `POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: Kinesis_20131202.ListStreams\r\nContent-Length: 2\r\n\r\n{}`,
    );

    await vi.waitUntil(() => answer.includes('"StreamNames"'), { timeout: 5_000, interval: 5 });
    expect(answer).toContain("Keep-Alive: timeout=60");
    socket.destroy();
  });

  test("an HTTP/2 preface in pieces is recognised", async () => {
    const socket = connectSocket(server.port, "127.0.0.1");
    const received: Buffer[] = [];
    socket.on("data", (chunk) => received.push(chunk));

    for (const character of PREFACE_BEGIN) {
      await new Promise((resolve) => socket.write(character, resolve));
    }
    socket.write(`P/2.0\r\n\r\nSM\r\n\r\n`);
    socket.write(Buffer.from([0, 0, 0, constants.NGHTTP2_FLAG_NONE + 4, 0, 0, 0, 0, 0]));

    await vi.waitUntil(() => Buffer.concat(received).length >= 9, { timeout: 5_000, interval: 5 });
    expect(Buffer.concat(received).readUInt8(3)).toBe(4);
    socket.destroy();
  });

  test("closing ends idle, silent and busy connections and frees the port", async () => {
    const { port } = server;
    const sdk = client();
    await sdk.send(new ListStreamsCommand({}));
    const silent = connectSocket(port, "127.0.0.1");
    const unfinished = connectSocket(port, "127.0.0.1");
    unfinished.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{");
    const ended = [silent, unfinished].map((socket) => text(socket).catch(() => "reset"));
    await vi.waitUntil(() => !silent.connecting && !unfinished.connecting, { timeout: 5_000, interval: 5 });

    await server.close();
    await Promise.all(ended);
    server = await start({ port });

    expect(server.port).toBe(port);
  });
});
