import { expect, test } from "vitest";
import { eachReject } from "#cli/rejects/each-reject.ts";
import { withRejects } from "#cli/rejects/open-rejects.ts";
import { DynamoDbRejectStore } from "#src/adapters/dynamodb/dynamodb-reject-store.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { rejectIdOf } from "#src/domain/reject.ts";
import { someTime } from "#test/support/builders.ts";
import { deployedAs } from "#test/support/deployed-as.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";
import { collect } from "./opened.ts";

const shard = "plays/shardId-000000000000" as ShardKey;

describeDynamoDb("earworm rejects --stage", (local) => {
  test("reads a deployed stage's table, page by page", async () => {
    const counters = await local().createTable();
    const pieces = Array.from({ length: 1_203 }, (_, n) => {
      const place = { sequenceNumber: String(n), entry: 0, arrivedAt: (someTime + n) as EpochMs };
      const id = rejectIdOf(shard, place);
      return {
        ...place,
        id,
        shard,
        chunk: 0,
        chunks: 1,
        reason: "record: empty",
        raw: Uint8Array.of(n % 256),
      };
    });
    await new DynamoDbRejectStore(local().client, counters).write(pieces);
    await deployedAs(local(), "none", counters);

    const found = await withRejects({ stage: "dev", dataDir: "" }, async (rejects) => ({
      all: await collect(eachReject(rejects, { day: someTime })),
      counts: await rejects.counts(someTime),
      last: await rejects.read(pieces[1_202]?.id ?? rejectIdOf(shard, { ...pieces[0], entry: 1 } as never)),
    }));

    expect(found.all.map(({ id }) => id)).toEqual(pieces.map(({ id }) => id));
    expect(found.counts).toEqual([{ reason: "record: empty", count: 1_203 }]);
    expect(found.last?.raw).toEqual(Uint8Array.of(1_202 % 256));
  });

  test("of a table that is gone fails in one line", async () => {
    await deployedAs(local(), "none", "no-such-table");

    await expect(
      withRejects({ stage: "dev", dataDir: "" }, (rejects) => rejects.counts(someTime)),
    ).rejects.toThrow(/table no-such-table: .+ failed with ResourceNotFoundException/);
  });
});
