import { DynamoDbImportLedger } from "#src/adapters/dynamodb/dynamodb-import-ledger.ts";
import { describeDynamoDb } from "./describe-dynamodb.ts";
import { importLedgerContract } from "./import-ledger.contract.ts";

describeDynamoDb("on DynamoDB Local", (local) => {
  importLedgerContract("DynamoDbImportLedger", async () => ({
    store: new DynamoDbImportLedger(local().client, await local().createTable()),
    close: () => Promise.resolve(),
  }));
});
