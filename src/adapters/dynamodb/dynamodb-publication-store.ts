import { type DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { PublicationKey } from "#src/domain/publication-key.ts";
import type { Publication, PublicationStore } from "#src/ports/publication-store.ts";
import { bodyAttributes, bodyOf, numberOf } from "./item.ts";
import { publicationItem } from "./keys.ts";
import { answerOf, conditional } from "./requests.ts";

/** Publications, one item each (key / `LATEST`), at most 400 KB after deflating. */
export class DynamoDbPublicationStore implements PublicationStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, countersTable: string) {
    this.#client = client;
    this.#table = countersTable;
  }

  async read(key: PublicationKey): Promise<Publication | undefined> {
    const request = this.#client.send(
      new GetCommand({ TableName: this.#table, Key: publicationItem(key), ConsistentRead: true }),
    );
    const { Item } = await answerOf(this.#table, "GetItem of a publication", request);
    if (Item === undefined) return undefined;
    const body = Buffer.from(bodyOf(Item)).toString("utf8");
    return { epoch: numberOf(Item, "epoch") as EpochNumber, body };
  }

  async write(key: PublicationKey, { epoch, body }: Publication): Promise<"written" | "already"> {
    const request = this.#client.send(
      new PutCommand({
        TableName: this.#table,
        Item: { ...publicationItem(key), epoch, ...bodyAttributes(Buffer.from(body, "utf8")) },
        ConditionExpression: "attribute_not_exists(#epoch) OR #epoch < :epoch",
        ExpressionAttributeNames: { "#epoch": "epoch" },
        ExpressionAttributeValues: { ":epoch": epoch },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
    const outcome = await conditional(this.#table, "PutItem of a publication", request);
    if (outcome.kind === "written") return "written";
    const stored = numberOf(outcome.stored, "epoch") as EpochNumber;
    if (stored > epoch) throw new StaleEpochError(key, epoch, stored);
    return "already";
  }
}
