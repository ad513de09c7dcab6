import { DynamoDbProfileStore } from "#src/adapters/dynamodb/dynamodb-profile-store.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";
import { profileStoreContract } from "./profile-store.contract.ts";

describeDynamoDb("on DynamoDB Local", (local) => {
  profileStoreContract("DynamoDbProfileStore", async () => ({
    store: new DynamoDbProfileStore(local().client, await local().createTable()),
    close: () => Promise.resolve(),
  }));

  profileStoreContract("DynamoDbProfileStore with layers of a few plays", async () => ({
    store: new DynamoDbProfileStore(local().client, await local().createTable(), {
      runs: 2,
      fits: (_, plays) => plays <= 7,
    }),
    close: () => Promise.resolve(),
  }));
});
