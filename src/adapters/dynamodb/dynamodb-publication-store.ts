import { type DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { PublicationKey } from "#src/domain/publication-key.ts";
import type { Publication, PublicationStore } from "#src/ports/publication-store.ts";
import { bodyAttributes, bodyOf, numberOf } from "./item.ts";
import { publicationItem } from "./keys.ts";
import { PagedBodies } from "./paged-bodies.ts";
import { answerOf } from "./requests.ts";

/** Publications (key / `LATEST`), deflated where that makes them smaller, with pages where they are large. */
export class DynamoDbPublicationStore implements PublicationStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #bodies: PagedBodies;

  constructor(client: DynamoDBDocumentClient, countersTable: string) {
    this.#client = client;
    this.#table = countersTable;
    this.#bodies = new PagedBodies(client, countersTable, "publication");
  }

  async read(key: PublicationKey): Promise<Publication | undefined> {
    const request = this.#client.send(
      new GetCommand({ TableName: this.#table, Key: publicationItem(key), ConsistentRead: true }),
    );
    const { Item } = await answerOf(this.#table, "GetItem of a publication", request);
    if (Item === undefined) return undefined;
    const item = await this.#bodies.read(Item);
    const body = Buffer.from(bodyOf(item)).toString("utf8");
    return { epoch: numberOf(item, "epoch") as EpochNumber, body };
  }

  async write(key: PublicationKey, publication: Publication): Promise<"written" | "already"> {
    const { epoch } = publication;
    const { body, ...encoding } = bodyAttributes(Buffer.from(publication.body, "utf8"));
    const outcome = await this.#bodies.write({ ...publicationItem(key), epoch, ...encoding }, body, {
      ConditionExpression: "attribute_not_exists(#epoch) OR #epoch < :epoch",
      ExpressionAttributeNames: { "#epoch": "epoch" },
      ExpressionAttributeValues: { ":epoch": epoch },
    });
    if (outcome.kind === "written") return "written";
    const stored = numberOf(outcome.stored, "epoch") as EpochNumber;
    if (stored > epoch) throw new StaleEpochError(key, epoch, stored);
    return "already";
  }
}
