import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateQuery,
  type QueryCommandInput,
} from "@aws-sdk/lib-dynamodb";
import {
  type AccessToken,
  byAge,
  isTokenId,
  type TokenHash,
  type TokenId,
  type TokenScope,
  tokenIdOf,
} from "#src/domain/access-token.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import type { TokenStore } from "#src/ports/token-store.ts";
import { type Item, numberOf, textOf } from "./item.ts";
import { tokenItem, tokenPartition } from "./keys.ts";
import { answerOf } from "./requests.ts";

/** Tokens (`TOKEN` / sha256 of the token) in the Counters table: a table that stays, and which the API reads anyway. */
export class DynamoDbTokenStore implements TokenStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, countersTable: string) {
    this.#client = client;
    this.#table = countersTable;
  }

  async find(hash: TokenHash): Promise<AccessToken | undefined> {
    const request = this.#client.send(
      new GetCommand({ TableName: this.#table, Key: tokenItem(hash), ConsistentRead: true }),
    );
    const { Item } = await answerOf(this.#table, "GetItem of a token", request);
    return Item === undefined ? undefined : tokenFrom(Item);
  }

  async create(token: AccessToken): Promise<void> {
    const request = this.#client.send(new PutCommand({ TableName: this.#table, Item: itemFrom(token) }));
    await answerOf(this.#table, "PutItem of a token", request);
  }

  async revoke(id: TokenId): Promise<boolean> {
    if (!isTokenId(id)) return false; // less than a whole id would begin the hashes of many
    const found = await this.#query("pk = :pk AND begins_with(sk, :id)", { ":id": id });
    for (const { hash } of found) {
      const request = this.#client.send(new DeleteCommand({ TableName: this.#table, Key: tokenItem(hash) }));
      await answerOf(this.#table, "DeleteItem of a token", request);
    }
    return found.length > 0;
  }

  async list(): Promise<readonly AccessToken[]> {
    return (await this.#query("pk = :pk", {})).sort(byAge);
  }

  async #query(condition: string, values: Readonly<Record<string, string>>): Promise<AccessToken[]> {
    const query: QueryCommandInput = {
      TableName: this.#table,
      KeyConditionExpression: condition,
      ExpressionAttributeValues: { ":pk": tokenPartition, ...values },
      ConsistentRead: true,
    };
    const tokens: AccessToken[] = [];
    const pages = paginateQuery({ client: this.#client }, query)[Symbol.asyncIterator]();
    for (;;) {
      const { value, done } = await answerOf(this.#table, "Query of tokens", pages.next());
      if (done) return tokens;
      tokens.push(...(value.Items ?? []).map(tokenFrom));
    }
  }
}

function itemFrom({ hash, label, scope, createdAt, expiresAt }: AccessToken): Item {
  return {
    ...tokenItem(hash),
    label,
    scope: scope.kind,
    ...(scope.kind === "listener" ? { user_id: scope.userId } : {}),
    created_at: createdAt,
    expires_at: expiresAt,
  };
}

function tokenFrom(item: Item): AccessToken {
  const hash = textOf(item, "sk") as TokenHash;
  return {
    id: tokenIdOf(hash),
    hash,
    label: textOf(item, "label"),
    scope: scopeFrom(item),
    createdAt: numberOf(item, "created_at") as EpochMs,
    expiresAt: numberOf(item, "expires_at") as EpochMs,
  };
}

/** An item of any other kind is a listener's, and without a listener an error: it must not open everything. */
const scopeFrom = (item: Item): TokenScope =>
  textOf(item, "scope") === "operator"
    ? { kind: "operator" }
    : { kind: "listener", userId: textOf(item, "user_id") as UserId };
