import { type DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { EventId } from "#src/domain/play.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";
import { numberOf, textOf } from "./item.ts";
import { claimedId, claimItem } from "./keys.ts";
import { conditional, mapInFlight, readItems } from "./requests.ts";

/** Claims (`ID#<event id>` / `CLAIM`), one PutItem each, whether it is refused or not. */
export class DynamoDbClaimStore implements ClaimStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, countersTable: string) {
    this.#client = client;
    this.#table = countersTable;
  }

  async claim(epoch: EpochNumber, ids: readonly EventId[]): Promise<ReadonlySet<EventId>> {
    const distinct = [...new Set(ids)];
    const owners = await mapInFlight(distinct, (id) => this.#claimOne(epoch, id));
    return new Set(distinct.filter((_, i) => owners[i] === epoch));
  }

  async read(ids: readonly EventId[]): Promise<ReadonlyMap<EventId, EpochNumber>> {
    const items = await readItems(this.#client, this.#table, [...new Set(ids)].map(claimItem));
    return new Map(
      items.map((item) => [claimedId(textOf(item, "pk")) as EventId, numberOf(item, "epoch") as EpochNumber]),
    );
  }

  /** Whose the id is after this. */
  async #claimOne(epoch: EpochNumber, id: EventId): Promise<EpochNumber> {
    const request = this.#client.send(
      new PutCommand({
        TableName: this.#table,
        Item: { ...claimItem(id), epoch },
        ConditionExpression: "attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
    const outcome = await conditional(this.#table, "PutItem of a claim", request);
    if (outcome.kind === "written") return epoch;
    const owner = numberOf(outcome.stored, "epoch") as EpochNumber;
    if (owner > epoch) throw new StaleEpochError(`the claim of event ${id}`, epoch, owner);
    return owner;
  }
}
