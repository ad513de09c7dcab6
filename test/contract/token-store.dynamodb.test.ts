import { DynamoDbTokenStore } from "#src/adapters/dynamodb/dynamodb-token-store.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";
import { tokenStoreContract } from "./token-store.contract.ts";

describeDynamoDb("on DynamoDB Local", (local) => {
  tokenStoreContract("DynamoDbTokenStore", async () => ({
    store: new DynamoDbTokenStore(local().client, await local().createTable()),
    close: () => Promise.resolve(),
  }));
});
