import { expect, test } from "vitest";
import { withStage } from "#cli/trace/open-source.ts";
import { traceEvent } from "#cli/trace/trace-event.ts";
import { DynamoDbCounterStore } from "#src/adapters/dynamodb/dynamodb-counter-store.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbProfileStore } from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { DynamoDbSegmentStore } from "#src/adapters/dynamodb/dynamodb-segment-store.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { withAwsEnvironment } from "#test/support/aws-environment.ts";
import { aPlay, someTime } from "#test/support/builders.ts";
import { aCloudFormation, describing } from "#test/support/cloudformation-double.ts";
import type { DynamoDbLocal } from "#test/support/dynamodb-local.ts";
import { kinesisEvent, Pipeline } from "#test/support/pipeline.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";

/** Makes the environment that of a stage whose tables are these. */
async function deployedAs({ client }: DynamoDbLocal, segments: string, counters: string): Promise<void> {
  const cloudFormation = await aCloudFormation((stack) =>
    describing(stack, {
      StreamName: "plays",
      SegmentsTableName: segments,
      CountersTableName: counters,
      ConnectionsTableName: "none",
      HttpApiUrl: "http://127.0.0.1",
      WebSocketUrl: "ws://127.0.0.1",
    }),
  );
  const endpoint = await client.config.endpoint?.();
  if (endpoint === undefined) throw new Error("DynamoDB Local has no endpoint");
  withAwsEnvironment({
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation,
    AWS_ENDPOINT_URL_DYNAMODB: `http://${endpoint.hostname}:${endpoint.port}`,
  });
}

describeDynamoDb("earworm trace --stage", (local) => {
  test("reads a deployed stage's tables, in whatever region and endpoint the environment names", async () => {
    const [segments, counters] = [await local().createTable(), await local().createTable()];
    const { client } = local();
    const pipeline = new Pipeline({
      now: () => someTime,
      stores: {
        segments: new DynamoDbSegmentStore(client, segments),
        counters: new DynamoDbCounterStore(client, counters),
        profiles: new DynamoDbProfileStore(client, counters),
        publications: new DynamoDbPublicationStore(client, counters),
        epochs: new DynamoDbEpochLog(client, counters),
      },
    });
    const records = ["sought", "other", "sought"].map((eventId, index) => ({
      sequenceNumber: String(index + 1),
      data: encodePlay(aPlay({ eventId })),
      arrivedAt: someTime + index,
    }));
    await pipeline.container()(kinesisEvent(records));
    await pipeline.runEpochs();
    await deployedAs(local(), segments, counters);

    const found = await withStage("dev", (source) => traceEvent(source, "sought", someTime as EpochMs));

    expect(found.arrivals).toMatchObject([
      { arrivedAt: someTime, outcome: { kind: "counted" }, segment: { writtenAt: someTime } },
      { arrivedAt: someTime + 2, outcome: { kind: "duplicate" } },
    ]);
    expect(found.arrivals[0]?.epoch).toMatchObject({
      record: { epoch: 1, committedAt: someTime },
      places: expect.arrayContaining([expect.objectContaining({ channel: "songs.all", rank: 1, plays: 2 })]),
      broadcast: undefined,
    });
  });

  test("of tables that are gone fails in one line", async () => {
    await deployedAs(local(), "no-such-table", "no-such-table");

    await expect(
      withStage("dev", (source) => traceEvent(source, "sought", someTime as EpochMs)),
    ).rejects.toThrow(/table no-such-table: .+ failed with ResourceNotFoundException/);
  });
});
