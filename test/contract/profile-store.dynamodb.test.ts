import { DynamoDbProfileStore } from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";
import { profileStoreContract } from "./profile-store.contract.ts";

describeDynamoDb("on DynamoDB Local", (local) => {
  profileStoreContract("DynamoDbProfileStore", async () => ({
    store: new DynamoDbProfileStore(local().client, await local().createTable()),
    close: () => Promise.resolve(),
  }));
});
