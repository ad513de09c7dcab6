import { createHash } from "node:crypto";
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  paginateQuery,
  type QueryCommandInput,
} from "@aws-sdk/lib-dynamodb";
import type { EpochMs } from "#src/domain/play.ts";
import type { ConnectionId, ConnectionStore } from "#src/ports/connection-store.ts";
import { type Item, textOf } from "./item.ts";
import type { ItemKey } from "./keys.ts";
import { answerOf, mapInFlight } from "./requests.ts";

/** A channel is spread over so many partitions, that thousands may join it at once. */
const bins = 8;
const channelPrefix = "CHANNEL#";

const connectionPartition = (connection: ConnectionId): string => `CONN#${connection}`;
const channelPartition = (channel: string, bin: number): string => `${channelPrefix}${channel}#${bin}`;

/**
 * Who listens to what: `CONN#<connection>` knows its channels, `CHANNEL#<name>#<bin>` its connections. A subscription
 * is first noted at its connection and last removed there, so that a disconnect finds every one.
 */
export class DynamoDbConnectionStore implements ConnectionStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, connectionsTable: string) {
    this.#client = client;
    this.#table = connectionsTable;
  }

  async connect(connection: ConnectionId, expiresAt: EpochMs): Promise<void> {
    await this.#put({ pk: connectionPartition(connection), sk: "CONN" }, expiresAt);
  }

  async disconnect(connection: ConnectionId): Promise<void> {
    const items: ItemKey[] = [];
    for await (const item of this.#query("a connection", { pk: connectionPartition(connection) }, true)) {
      items.push({ pk: textOf(item, "pk"), sk: textOf(item, "sk") });
    }
    await mapInFlight(items, async (item) => {
      if (item.sk.startsWith(channelPrefix)) {
        await this.#delete(subscriberItem(connection, item.sk.slice(channelPrefix.length)));
      }
      await this.#delete(item);
    });
  }

  async subscribe(connection: ConnectionId, channel: string, expiresAt: EpochMs): Promise<void> {
    await this.#put(subscriptionItem(connection, channel), expiresAt);
    await this.#put(subscriberItem(connection, channel), expiresAt);
  }

  async unsubscribe(connection: ConnectionId, channel: string): Promise<void> {
    await this.#delete(subscriberItem(connection, channel));
    await this.#delete(subscriptionItem(connection, channel));
  }

  /** Reads with eventual consistency, at half the price: who joins this moment gets a snapshot and asks for the rest. */
  async *subscribers(channel: string): AsyncIterable<ConnectionId> {
    for (let bin = 0; bin < bins; bin++) {
      const items = this.#query("a channel", { pk: channelPartition(channel, bin) }, false);
      for await (const item of items) yield textOf(item, "sk") as ConnectionId;
    }
  }

  async channelsOf(connection: ConnectionId): Promise<readonly string[]> {
    const channels: string[] = [];
    const key = { pk: connectionPartition(connection), sk: channelPrefix };
    for await (const item of this.#query("a connection", key, true)) {
      channels.push(textOf(item, "sk").slice(channelPrefix.length));
    }
    return channels;
  }

  async #put(key: ItemKey, expiresAt: EpochMs): Promise<void> {
    const item = { ...key, expiresAt: Math.ceil(expiresAt / 1000) };
    const request = this.#client.send(new PutCommand({ TableName: this.#table, Item: item }));
    await answerOf(this.#table, "PutItem of a connection", request);
  }

  async #delete(key: ItemKey): Promise<void> {
    const request = this.#client.send(new DeleteCommand({ TableName: this.#table, Key: key }));
    await answerOf(this.#table, "DeleteItem of a connection", request);
  }

  /** The keys of a partition whose sort key begins with `sk`. */
  async *#query(what: string, key: { pk: string; sk?: string }, isConsistent: boolean): AsyncIterable<Item> {
    const query: QueryCommandInput = {
      TableName: this.#table,
      KeyConditionExpression: key.sk === undefined ? "pk = :pk" : "pk = :pk AND begins_with(sk, :sk)",
      ExpressionAttributeValues: { ":pk": key.pk, ...(key.sk === undefined ? {} : { ":sk": key.sk }) },
      ProjectionExpression: "pk, sk",
      ConsistentRead: isConsistent,
    };
    const pages = paginateQuery({ client: this.#client }, query)[Symbol.asyncIterator]();
    for (;;) {
      const page = await answerOf(this.#table, `Query of ${what}`, pages.next());
      if (page.done === true) return;
      yield* page.value.Items ?? [];
    }
  }
}

const subscriptionItem = (connection: ConnectionId, channel: string): ItemKey => ({
  pk: connectionPartition(connection),
  sk: `${channelPrefix}${channel}`,
});

const subscriberItem = (connection: ConnectionId, channel: string): ItemKey => {
  const [byte = 0] = createHash("sha256").update(connection).digest();
  return { pk: channelPartition(channel, byte % bins), sk: connection };
};
