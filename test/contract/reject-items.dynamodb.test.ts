import { BatchWriteCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { expect, test } from "vitest";
import { DynamoDbRejectStore } from "#src/adapters/dynamodb/dynamodb-reject-store.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { type RejectPiece, rejectIdOf } from "#src/domain/reject.ts";
import { someTime } from "#test/support/builders.ts";
import { itemsOf } from "#test/support/dynamodb-local.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";
import { noise } from "./opened.ts";

const shard = "plays/shardId-000000000000" as ShardKey;

const somePieces = (count: number): readonly RejectPiece[] =>
  Array.from({ length: count }, (_, n) => {
    const place = { sequenceNumber: String(n), entry: 0, arrivedAt: someTime };
    const id = rejectIdOf(shard, place);
    return { ...place, id, shard, chunk: 0, chunks: 1, reason: "record: empty", raw: noise(400) };
  });

/** A table that takes at most so many items of each batch. */
function throttled(client: DynamoDBDocumentClient, taken: number): DynamoDBDocumentClient {
  const send = async (command: object): Promise<unknown> => {
    if (!(command instanceof BatchWriteCommand)) return await client.send(command as never);
    const [[table, requests = []] = ["", []]] = Object.entries(command.input.RequestItems ?? {});
    const some = { RequestItems: { [table]: requests.slice(0, taken) } };
    if (taken > 0) await client.send(new BatchWriteCommand(some));
    const left = requests.slice(taken);
    return { UnprocessedItems: left.length === 0 ? {} : { [table]: left } };
  };
  return new Proxy(client, {
    get: (target, name) => (name === "send" ? send : target[name as keyof DynamoDBDocumentClient]),
  });
}

describeDynamoDb("on DynamoDB Local", (local) => {
  test("what a busy table leaves of a batch is written with the next", async () => {
    const table = await local().createTable();
    const pieces = somePieces(40);

    await new DynamoDbRejectStore(throttled(local().client, 7), table).write(pieces);

    const [found] = await new DynamoDbRejectStore(local().client, table).counts(someTime);
    expect(found?.count).toBe(40);
    expect(await itemsOf(local(), table)).toHaveLength(80);
  });

  test("a table that takes nothing fails the write", async () => {
    const store = new DynamoDbRejectStore(throttled(local().client, 0), await local().createTable());

    await expect(store.write(somePieces(1))).rejects.toThrow(StoreError);
  });

  test("rejects of one day are spread over 16 partitions, apart from their raw bytes", async () => {
    const table = await local().createTable();

    await new DynamoDbRejectStore(local().client, table).write(somePieces(400));

    const items = await itemsOf(local(), table);
    const sizes = new Map<string, number>();
    for (const pk of items.map((item) => String(item["pk"])).filter((key) => !key.startsWith("RAW#"))) {
      sizes.set(pk, (sizes.get(pk) ?? 0) + 1);
    }
    expect([...sizes.keys()].every((pk) => /^REJECT#2026-11-20#\d\d$/.test(pk))).toBe(true);
    expect(sizes.size).toBe(16);
    expect(Math.max(...sizes.values())).toBeLessThan(50);
  });
});
