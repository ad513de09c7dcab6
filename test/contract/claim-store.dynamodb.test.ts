import { DynamoDbClaimStore } from "#src/adapters/dynamodb/dynamodb-claim-store.ts";
import { claimStoreContract } from "./claim-store.contract.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";

describeDynamoDb("on DynamoDB Local", (local) => {
  claimStoreContract("DynamoDbClaimStore", async () => ({
    store: new DynamoDbClaimStore(local().client, await local().createTable()),
    close: () => Promise.resolve(),
  }));
});
