import { DynamoDbConnectionStore } from "#src/adapters/dynamodb/dynamodb-connection-store.ts";
import { connectionStoreContract } from "./connection-store.contract.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";

describeDynamoDb("on DynamoDB Local", (local) => {
  connectionStoreContract("DynamoDbConnectionStore", async () => ({
    store: new DynamoDbConnectionStore(local().client, await local().createTable()),
    close: () => Promise.resolve(),
  }));
});
