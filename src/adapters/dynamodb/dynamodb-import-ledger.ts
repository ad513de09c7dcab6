import { type DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { FileHash, FileImport } from "#src/domain/file-import.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ImportLedger } from "#src/ports/import-ledger.ts";
import { type Item, numberOf, textOf } from "./item.ts";
import { importItem } from "./keys.ts";
import { answerOf, conditional } from "./requests.ts";

/** Imports (`IMPORT#<sha256>`) in the Counters table, which stays. */
export class DynamoDbImportLedger implements ImportLedger {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, countersTable: string) {
    this.#client = client;
    this.#table = countersTable;
  }

  async find(sha256: FileHash): Promise<FileImport | undefined> {
    const request = this.#client.send(
      new GetCommand({ TableName: this.#table, Key: importItem(sha256), ConsistentRead: true }),
    );
    const { Item } = await answerOf(this.#table, "GetItem of an import", request);
    return Item === undefined ? undefined : importFrom(sha256, Item);
  }

  async begin({ sha256, name, startedAt }: Omit<FileImport, "finished">): Promise<void> {
    const request = this.#client.send(
      new PutCommand({
        TableName: this.#table,
        Item: { ...importItem(sha256), name, started_at: startedAt },
        ConditionExpression: "attribute_not_exists(pk)",
      }),
    );
    await conditional(this.#table, "PutItem of an import", request);
  }

  async finish(sha256: FileHash, finished: NonNullable<FileImport["finished"]>): Promise<void> {
    const { at, sent, leftOut, rejected } = finished;
    const request = this.#client.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: importItem(sha256),
        UpdateExpression: "SET finished_at = :at, sent = :sent, left_out = :leftOut, rejected = :rejected",
        ConditionExpression: "attribute_exists(pk) AND attribute_not_exists(finished_at)",
        ExpressionAttributeValues: { ":at": at, ":sent": sent, ":leftOut": leftOut, ":rejected": rejected },
      }),
    );
    await conditional(this.#table, "UpdateItem of an import", request);
  }
}

function importFrom(sha256: FileHash, item: Item): FileImport {
  const begun = { sha256, name: textOf(item, "name"), startedAt: numberOf(item, "started_at") as EpochMs };
  if (item["finished_at"] === undefined) return begun;
  return {
    ...begun,
    finished: {
      at: numberOf(item, "finished_at") as EpochMs,
      sent: numberOf(item, "sent"),
      leftOut: numberOf(item, "left_out"),
      rejected: numberOf(item, "rejected"),
    },
  };
}
