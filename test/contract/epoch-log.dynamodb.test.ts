import { DynamoDbEpochLog } from "#src/adapters/dynamodb/dynamodb-epoch-log.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";
import { epochLogContract } from "./epoch-log.contract.ts";

describeDynamoDb("on DynamoDB Local", (local) => {
  epochLogContract("DynamoDbEpochLog", async () => ({
    store: new DynamoDbEpochLog(local().client, await local().createTable()),
    close: () => Promise.resolve(),
  }));
});
