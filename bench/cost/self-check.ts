import { BatchGetCommand, GetCommand, PutCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { DynamoDbLocal } from "#test/support/dynamodb-local.ts";
import { type CapacityMeter, totalUnits } from "./meter.ts";

/**
 * Checks that DynamoDB Local reports what the service would bill, so that a version that does not cannot fake the page:
 * an item of 5 KB takes 5 units to write, double in a transaction, also where a small one replaces it, and 2 to read; and that a batch's read of nothing is added as the unit it takes.
 *
 * @throws Error where it does not
 */
export async function checkReports(
  { client, createTable }: DynamoDbLocal,
  meter: CapacityMeter,
): Promise<void> {
  const TableName = await createTable();
  const key = { pk: "SONG#check", sk: "1" };
  const item = { ...key, body: new Uint8Array(5000) };
  const other = { Put: { TableName, Item: { pk: "SONG#other", sk: "1" } } };
  const refused = {
    ConditionExpression: "attribute_not_exists(pk)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  } as const;
  const found = { Keys: [key, { pk: "SONG#none", sk: "1" }], ConsistentRead: true };
  const expectations = [
    [5, 0, () => client.send(new PutCommand({ TableName, Item: item }))],
    [
      12,
      0,
      () =>
        client.send(new TransactWriteCommand({ TransactItems: [{ Put: { TableName, Item: item } }, other] })),
    ],
    [0, 2, () => client.send(new GetCommand({ TableName, Key: key, ConsistentRead: true }))],
    [0, 3, () => client.send(new BatchGetCommand({ RequestItems: { [TableName]: found } }))],
    [5, 0, () => client.send(new PutCommand({ TableName, Item: key, ...refused })).catch(() => undefined)],
    [5, 0, () => client.send(new PutCommand({ TableName, Item: key }))],
  ] as const;
  for (const [writeUnits, readUnits, send] of expectations) {
    await meter.take();
    await send();
    const found = totalUnits((await meter.take()).usage);
    if (found.writeUnits !== writeUnits || found.readUnits !== readUnits) {
      const expected = `${writeUnits} write and ${readUnits} read units`;
      throw new Error(`DynamoDB Local reported ${JSON.stringify(found)} instead of ${expected}`);
    }
  }
}
