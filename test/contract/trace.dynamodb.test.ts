import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { expect, test } from "vitest";
import { withStage } from "#cli/trace/open-source.ts";
import { traceEvent } from "#cli/trace/trace-event.ts";
import { DynamoDbClaimStore } from "#src/adapters/dynamodb/dynamodb-claim-store.ts";
import { DynamoDbCounterStore } from "#src/adapters/dynamodb/dynamodb-counter-store.ts";
import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { DynamoDbProfileStore } from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { DynamoDbRejectStore } from "#src/adapters/dynamodb/dynamodb-reject-store.ts";
import { DynamoDbSegmentStore } from "#src/adapters/dynamodb/dynamodb-segment-store.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { aPlay, someTime } from "#test/support/builders.ts";
import { deployedAs } from "#test/support/deployed-as.ts";
import { kinesisEvent, Pipeline } from "#test/support/pipeline.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";

function aPipelineOver(client: DynamoDBDocumentClient, segments: string, counters: string): Pipeline {
  return new Pipeline({
    now: () => someTime,
    stores: {
      segments: new DynamoDbSegmentStore(client, segments),
      claims: new DynamoDbClaimStore(client, counters),
      counters: new DynamoDbCounterStore(client, counters),
      profiles: new DynamoDbProfileStore(client, counters),
      publications: new DynamoDbPublicationStore(client, counters),
      rejects: new DynamoDbRejectStore(client, counters),
      epochs: new DynamoDbEpochLog(client, counters),
    },
  });
}

describeDynamoDb("earworm trace --stage", (local) => {
  test("reads a deployed stage's tables, in whatever region and endpoint the environment names", async () => {
    const [segments, counters] = [await local().createTable(), await local().createTable()];
    const pipeline = aPipelineOver(local().client, segments, counters);
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

  test("tells a marked play that is a repeat by its claim", async () => {
    const [segments, counters] = [await local().createTable(), await local().createTable()];
    const pipeline = aPipelineOver(local().client, segments, counters);
    const data = encodePlay(aPlay({ eventId: "sought", dedupe: "always" }));
    for (const shard of [0, 1]) {
      await pipeline.container()(kinesisEvent([{ sequenceNumber: "1", data, arrivedAt: someTime }], shard));
      await pipeline.runEpochs();
    }
    await deployedAs(local(), segments, counters);

    const found = await withStage("dev", (source) => traceEvent(source, "sought", someTime as EpochMs));

    expect(found.arrivals.map(({ outcome }) => outcome)).toMatchObject([
      { kind: "counted" },
      { kind: "repeat", countedIn: 1 },
    ]);
  });

  test("of tables that are gone fails in one line", async () => {
    await deployedAs(local(), "no-such-table", "no-such-table");

    await expect(
      withStage("dev", (source) => traceEvent(source, "sought", someTime as EpochMs)),
    ).rejects.toThrow(/table no-such-table: .+ failed with ResourceNotFoundException/);
  });
});
