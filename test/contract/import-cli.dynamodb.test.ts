import { expect, onTestFinished, test, vi } from "vitest";
import { MarkedFile } from "#cli/marked-file.ts";
import { withMarkedTarget } from "#cli/marked-target.ts";
import { startKinesisServer } from "#local/kinesis-server.ts";
import { LocalStream, shardIdOf, TRIM_HORIZON } from "#local/stream/play-stream.ts";
import { nodeArchiveZip } from "#src/adapters/archive/node-archive-zip.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { S3Archive } from "#src/adapters/s3/s3-archive.ts";
import { createS3Client } from "#src/adapters/s3/s3-client.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { expandRecord } from "#src/wire/play-record.ts";
import { aPlay } from "#test/support/builders.ts";
import { deployedAs } from "#test/support/deployed-as.ts";
import { aDirectory, aFile } from "#test/unit/cli/files.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";
import { s3Double } from "./s3-double.ts";

const limits = { maxRecords: 1000, maxBytes: 10_000_000 };

describeDynamoDb("earworm import --stage", (local) => {
  /** A stage with a stream of one shard and an empty bucket, in the environment. */
  async function aStage(): Promise<LocalStream> {
    const dir = aDirectory();
    const stream = LocalStream.open({
      ...{ dir, name: "plays", shardCount: 1, retentionMs: 3_600_000, fsync: false, now: Date.now },
    });
    const server = await startKinesisServer({ streams: stream, port: 0 });
    const s3 = await s3Double("none"); // the bucket of `deployedAs`
    onTestFinished(async () => {
      await server.close();
      await s3.close();
      stream.close();
    });
    await deployedAs(local(), "none", await local().createTable());
    vi.stubEnv("AWS_ENDPOINT_URL_S3", s3.endpoint);
    vi.stubEnv("AWS_ENDPOINT_URL_KINESIS", `http://127.0.0.1:${server.port}`);
    return stream;
  }

  const importInto = (path: string) =>
    withMarkedTarget({ stage: "dev", dataDir: "", to: "" }, async (target) => {
      const file = new MarkedFile(path, target, { asRecords: false, mostListed: 10 });
      const sha256 = await file.survey();
      await target.imports.begin({ sha256, name: "plays.ndjson", startedAt: 1 as EpochMs });
      const figures = await file.send();
      await target.imports.finish(sha256, { ...figures, at: 2 as EpochMs });
      return await target.imports.find(sha256);
    });

  test("leaves out what the bucket has, puts the rest into the stream, and keeps the ledger in the table", async () => {
    const stream = await aStage();
    const [known, unknown] = [aPlay({ eventId: "known" }), aPlay({ eventId: "unknown" })];
    await archive(stream, known);

    const ended = await importInto(aFile("plays.ndjson", [known, unknown].map(encodePlay).join("\n")));

    expect(ended?.finished).toEqual({ at: 2, sent: 1, leftOut: 1, rejected: 0 });
    expect(playsIn(stream).map(({ eventId, dedupe }) => [eventId, dedupe])).toEqual([
      ["known", undefined],
      ["unknown", "always"],
    ]);
  });

  test("without a way to the bucket it says so and sends nothing", async () => {
    const stream = await aStage();
    vi.stubEnv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1");

    const imported = importInto(aFile("plays.ndjson", encodePlay(aPlay())));

    await expect(imported).rejects.toMatchObject({
      name: "CliError",
      message: "cannot reach S3 at http://127.0.0.1:1 (ECONNREFUSED)",
    });
    expect(playsIn(stream)).toEqual([]);
  });
});

/** Puts a play and archives it, as a producer and the archiver do. */
async function archive(stream: LocalStream, play: Play): Promise<void> {
  const record = { partitionKey: "p", data: Buffer.from(encodePlay(play)) };
  const [put] = stream.put([record]);
  const client = createS3Client();
  onTestFinished(() => client.destroy());
  await new S3Archive(client, "none", nodeArchiveZip).write([
    {
      ...record,
      shard: `plays/${put?.shardId}` as ShardKey,
      sequenceNumber: put?.sequenceNumber ?? "",
      arrivedAt: Date.now() as EpochMs,
    },
  ]);
}

const playsIn = (stream: LocalStream): Play[] =>
  stream
    .read(shardIdOf(0), TRIM_HORIZON, limits)
    .flatMap(({ sequenceNumber, data }) =>
      expandRecord({ sequenceNumber, data, arrivedAt: Date.now() as EpochMs }, nodeRecordCodec).flatMap(
        (entry) => (entry.kind === "play" ? [entry.play] : []),
      ),
    );
