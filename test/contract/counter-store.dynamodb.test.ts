import { DynamoDbCounterStore } from "#src/adapters/dynamodb/dynamodb-counter-store.ts";
import { counterStoreContract } from "./counter-store.contract.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";

describeDynamoDb("on DynamoDB Local", (local) => {
  counterStoreContract("DynamoDbCounterStore", async () => ({
    store: new DynamoDbCounterStore(local().client, await local().createTable()),
    close: () => Promise.resolve(),
  }));
});
