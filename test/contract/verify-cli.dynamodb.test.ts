import { expect, onTestFinished, test, vi } from "vitest";
import { verifyStage } from "#cli/verify/verify-stage.ts";
import { nodeArchiveZip } from "#src/adapters/archive/node-archive-zip.ts";
import { S3Archive } from "#src/adapters/s3/s3-archive.ts";
import { createS3Client } from "#src/adapters/s3/s3-client.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { driftByKind } from "#test/support/archived-pipeline.ts";
import { aPlay, someTime } from "#test/support/builders.ts";
import { deployedAs } from "#test/support/deployed-as.ts";
import { dynamoDbStores } from "#test/support/dynamodb-stores.ts";
import { kinesisEvent, Pipeline, shardKey } from "#test/support/pipeline.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";
import { s3Double } from "./s3-double.ts";

const dedupeHorizonMs = 1_000;

describeDynamoDb("earworm verify --stage", (local) => {
  /** A stage with a short horizon, in the environment, that has counted and archived one play, which came twice. */
  async function aStage(apartMs: number): Promise<Pipeline> {
    const [segments, counters] = [await local().createTable(), await local().createTable()];
    const s3 = await s3Double("none"); // the bucket of `deployedAs`
    await deployedAs(local(), segments, counters, dedupeHorizonMs);
    vi.stubEnv("AWS_ENDPOINT_URL_S3", s3.endpoint);
    const client = createS3Client();
    onTestFinished(async () => {
      client.destroy();
      await s3.close();
    });
    const data = encodePlay(aPlay());
    const records = [someTime, someTime + apartMs].map((arrivedAt, i) => ({
      ...{ sequenceNumber: String(i + 1), data, arrivedAt },
    }));
    const stores = dynamoDbStores(local().client, segments, counters);
    const pipeline = new Pipeline({ stores, dedupeHorizonMs, now: () => someTime + apartMs });
    await pipeline.container()(kinesisEvent(records));
    await pipeline.runEpochs();
    await new S3Archive(client, "none", nodeArchiveZip).write(
      records.map(({ sequenceNumber, arrivedAt }) => ({
        ...{ shard: shardKey(0), sequenceNumber, arrivedAt: arrivedAt as EpochMs },
        ...{ partitionKey: "p", data: Buffer.from(data) },
      })),
    );
    return pipeline;
  }

  test("goes by the stage's dedupe horizon, and keeps the result there", async () => {
    const { stores } = await aStage(dedupeHorizonMs + 1);

    const verification = await verifyStage({ stage: "dev" });

    expect(driftByKind(verification)).toEqual({ "beyond-horizon": 1 });
    expect(await stores.epochs.readVerification()).toEqual(verification);
  });

  test("finds no drift where the two arrivals are a horizon apart", async () => {
    await aStage(dedupeHorizonMs);

    expect(driftByKind(await verifyStage({ stage: "dev" }))).toEqual({});
  });

  test("without a way to the bucket says so, and that it is S3's", async () => {
    await aStage(0);
    vi.stubEnv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1");

    await expect(verifyStage({ stage: "dev" })).rejects.toMatchObject({
      name: "CliError",
      message: "cannot reach S3 at http://127.0.0.1:1 (ECONNREFUSED)",
    });
  });
});
