import { DynamoDbRejectStore } from "#src/adapters/dynamodb/dynamodb-reject-store.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";
import { rejectStoreContract } from "./reject-store.contract.ts";

describeDynamoDb("on DynamoDB Local", (local) => {
  rejectStoreContract("DynamoDbRejectStore", async () => ({
    store: new DynamoDbRejectStore(local().client, await local().createTable()),
    close: () => Promise.resolve(),
  }));

  rejectStoreContract("DynamoDbRejectStore with pages of 2 items", async () => ({
    store: new DynamoDbRejectStore(local().client, await local().createTable(), 2),
    close: () => Promise.resolve(),
  }));
});
