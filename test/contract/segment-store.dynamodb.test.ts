import { DynamoDbSegmentStore } from "#src/adapters/dynamodb/dynamodb-segment-store.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";
import { segmentStoreContract } from "./segment-store.contract.ts";

describeDynamoDb("on DynamoDB Local", (local) => {
  segmentStoreContract("DynamoDbSegmentStore", async () => ({
    store: new DynamoDbSegmentStore(local().client, await local().createTable()),
    close: () => Promise.resolve(),
  }));
});
