import { DynamoDbPublicationStore } from "#src/adapters/dynamodb/dynamodb-publication-store.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";
import { publicationStoreContract } from "./publication-store.contract.ts";

describeDynamoDb("on DynamoDB Local", (local) => {
  publicationStoreContract("DynamoDbPublicationStore", async () => ({
    store: new DynamoDbPublicationStore(local().client, await local().createTable()),
    close: () => Promise.resolve(),
  }));
});
