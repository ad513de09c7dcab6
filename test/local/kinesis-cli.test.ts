import { execFile } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KinesisServer, startKinesisServer } from "#local/kinesis-server.ts";
import { LocalStream, TRIM_HORIZON } from "#local/stream/play-stream.ts";

const dir = mkdtempSync(join(tmpdir(), "earworm-cli-"));
const aws = findOnPath("aws");
let stream: LocalStream;
let server: KinesisServer;

beforeAll(async () => {
  if (aws === undefined && process.env["CI"] === "true") {
    throw new Error("the aws command line is not on the path: apt-get install awscli");
  }
  const options = { name: "plays", shardCount: 2, retentionMs: 0, fsync: false, now: Date.now };
  stream = LocalStream.open({ dir, ...options });
  server = await startKinesisServer({ streams: stream, port: 0 });
});

afterAll(async () => {
  await server?.close();
  stream?.close();
  rmSync(dir, { recursive: true });
});

function findOnPath(command: string): string | undefined {
  const candidates = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, command));
  return candidates.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function kinesis(...args: string[]): Promise<unknown> {
  const endpoint = `http://127.0.0.1:${server.port}`;
  const common = ["--endpoint-url", endpoint, "--region", "us-east-1", "--output", "json", "kinesis"];
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: "any",
    AWS_SECRET_ACCESS_KEY: "any",
    AWS_PAGER: "",
    NO_PROXY: "127.0.0.1",
  };
  const { stdout } = await promisify(execFile)(aws ?? "aws", [...common, ...args], { env });
  return JSON.parse(stdout);
}

/** Version 1 takes --data as it is, version 2 needs to be told so. */
async function rawDataFlags(): Promise<string[]> {
  const { stdout, stderr } = await promisify(execFile)(aws ?? "aws", ["--version"]);
  return /aws-cli\/1\./.test(stdout + stderr) ? [] : ["--cli-binary-format", "raw-in-base64-out"];
}

test("aws kinesis put-record puts plain JSON", { timeout: 60_000 }, async (context) => {
  context.skip(aws === undefined, "the aws command line is not on the path: apt-get install awscli");
  const flags = await rawDataFlags();

  const output = await kinesis(
    ...["put-record", "--stream-name", "plays", "--partition-key", "u1", "--data", '{"a":1}', ...flags],
  );

  const records = stream.shardIds.flatMap((id) =>
    stream.read(id, TRIM_HORIZON, { maxRecords: 10, maxBytes: 10_000 }),
  );
  expect(records.map(({ data }) => Buffer.from(data).toString())).toEqual(['{"a":1}']);
  expect(output).toMatchObject({ SequenceNumber: records[0]?.sequenceNumber });
});

test("aws kinesis describe-stream-summary and errors work", { timeout: 60_000 }, async (context) => {
  context.skip(aws === undefined, "the aws command line is not on the path: apt-get install awscli");

  const summary = await kinesis("describe-stream-summary", "--stream-name", "plays");
  const failing = kinesis("describe-stream-summary", "--stream-name", "nope");

  expect(summary).toMatchObject({ StreamDescriptionSummary: { StreamName: "plays", OpenShardCount: 2 } });
  await expect(failing).rejects.toMatchObject({
    stderr: expect.stringContaining("ResourceNotFoundException"),
  });
});
