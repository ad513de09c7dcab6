import { createHash } from "node:crypto";
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  paginateQuery,
  type QueryCommandInput,
  UpdateCommand,
  type UpdateCommandInput,
} from "@aws-sdk/lib-dynamodb";
import type { EpochMs } from "#src/domain/play.ts";
import { readAhead } from "#src/domain/read-ahead.ts";
import { compareUtf8 } from "#src/domain/utf8-order.ts";
import type { ConnectionId, ConnectionStore, Subscriber } from "#src/ports/connection-store.ts";
import { type Item, textOf } from "./item.ts";
import type { ItemKey } from "./keys.ts";
import { answerOf, conditional } from "./requests.ts";

/** Connections are spread over so many partitions, that thousands may join at once. */
const bins = Array.from({ length: 8 }, (_, bin) => `BIN#${bin}`);

/**
 * Who listens to what: one item a connection, `BIN#<n>` / `<connection>`, with the set of its channels. Whoever tells
 * them all reads each bin once, however many channels there are.
 */
export class DynamoDbConnectionStore implements ConnectionStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, connectionsTable: string) {
    this.#client = client;
    this.#table = connectionsTable;
  }

  async connect(connection: ConnectionId, expiresAt: EpochMs): Promise<void> {
    await this.#update(connection, {
      UpdateExpression: "SET expiresAt = :expiresAt",
      ExpressionAttributeValues: { ":expiresAt": secondsOf(expiresAt) },
    });
  }

  async disconnect(connection: ConnectionId): Promise<void> {
    const request = this.#client.send(new DeleteCommand({ TableName: this.#table, Key: itemOf(connection) }));
    await answerOf(this.#table, "DeleteItem of a connection", request);
  }

  subscribe(connection: ConnectionId, channel: string, expiresAt: EpochMs, atMost: number): Promise<boolean> {
    return this.#update(connection, {
      UpdateExpression: "SET expiresAt = :expiresAt ADD channels :channels",
      ConditionExpression:
        "attribute_not_exists(channels) OR size(channels) < :atMost OR contains(channels, :channel)",
      ExpressionAttributeValues: {
        ":expiresAt": secondsOf(expiresAt),
        ":channels": new Set([channel]),
        ":channel": channel,
        ":atMost": atMost,
      },
    });
  }

  async unsubscribe(connection: ConnectionId, channel: string): Promise<void> {
    await this.#update(connection, {
      UpdateExpression: "DELETE channels :channels",
      ConditionExpression: "contains(channels, :channel)", // or it would make an item that never expires
      ExpressionAttributeValues: { ":channels": new Set([channel]), ":channel": channel },
    });
  }

  /** Reads with eventual consistency, at half the price: who joins this moment gets a snapshot and asks for the rest. */
  async *subscribers(): AsyncIterable<Subscriber> {
    const partitions = bins.map((bin) => this.#connectionsIn(bin));
    for await (const item of readAhead(partitions, bins.length)) {
      const channels = channelsIn(item);
      if (channels.length > 0) yield { connection: textOf(item, "sk") as ConnectionId, channels };
    }
  }

  async channelsOf(connection: ConnectionId): Promise<readonly string[]> {
    const request = this.#client.send(
      new GetCommand({ TableName: this.#table, Key: itemOf(connection), ConsistentRead: true }),
    );
    const { Item } = await answerOf(this.#table, "GetItem of a connection", request);
    return channelsIn(Item ?? {});
  }

  /** @returns whether the condition held */
  async #update(
    connection: ConnectionId,
    update: Omit<UpdateCommandInput, "TableName" | "Key">,
  ): Promise<boolean> {
    const request = this.#client.send(
      new UpdateCommand({ TableName: this.#table, Key: itemOf(connection), ...update }),
    );
    const { kind } = await conditional(this.#table, "UpdateItem of a connection", request);
    return kind === "written";
  }

  async *#connectionsIn(bin: string): AsyncIterable<Item> {
    const query: QueryCommandInput = {
      TableName: this.#table,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": bin },
      ProjectionExpression: "pk, sk, channels",
    };
    const pages = paginateQuery({ client: this.#client }, query)[Symbol.asyncIterator]();
    for (;;) {
      const page = await answerOf(this.#table, "Query of connections", pages.next());
      if (page.done === true) return;
      yield* page.value.Items ?? [];
    }
  }
}

function itemOf(connection: ConnectionId): ItemKey {
  const [byte = 0] = createHash("sha256").update(connection).digest();
  return { pk: bins[byte % bins.length] ?? "", sk: connection };
}

/** A set that became empty is no attribute any more. */
function channelsIn({ channels }: Item): readonly string[] {
  return channels instanceof Set ? [...channels].map(String).sort(compareUtf8) : [];
}

const secondsOf = (time: EpochMs): number => Math.ceil(time / 1000);
