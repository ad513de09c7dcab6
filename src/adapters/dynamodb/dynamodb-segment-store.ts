import { randomUUID } from "node:crypto";
import { TransactionCanceledException, TransactionInProgressException } from "@aws-sdk/client-dynamodb";
import {
  type DynamoDBDocumentClient,
  GetCommand,
  paginateQuery,
  type QueryCommandInput,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from "@aws-sdk/lib-dynamodb";
import type { EpochMs } from "#src/domain/play.ts";
import { type Head, origin, type Position, type ShardKey } from "#src/domain/position.ts";
import type { Segment } from "#src/domain/segment.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { bodyAttributes, bodyOf, type Item, numberOf, textOf } from "./item.ts";
import { headPartition, segmentPartition } from "./keys.ts";
import { answerOf, backOff, storeError } from "./requests.ts";

const attempts = 6;

/** Segments (`SEG#<shard>` / position) and heads (`HEAD` / shard) in one table. */
export class DynamoDbSegmentStore implements SegmentStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async readHead(shard: ShardKey): Promise<Head | undefined> {
    const request = this.#client.send(
      new GetCommand({ TableName: this.#table, Key: { pk: headPartition, sk: shard }, ConsistentRead: true }),
    );
    const { Item } = await answerOf(this.#table, "GetItem of a head", request);
    return Item === undefined ? undefined : headFrom(Item, shard);
  }

  async readHeads(): Promise<readonly Head[]> {
    const heads: Head[] = [];
    for await (const item of this.#query("heads", {
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": headPartition },
    })) {
      heads.push(headFrom(item, textOf(item, "sk") as ShardKey));
    }
    return heads;
  }

  async append(segment: Segment, expiresAt: EpochMs): Promise<"appended" | "conflict"> {
    const input = this.#transaction(segment, expiresAt);
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#tryAppend(input);
      if (typeof outcome === "string") return outcome;
      if (attempt === attempts || !isPassing(outcome.cause)) {
        throw storeError(this.#table, `TransactWriteItems for ${segment.head.shard}`, outcome.cause);
      }
      await backOff(attempt);
    }
  }

  async *readRange(shard: ShardKey, from: Position, to: Position): AsyncIterable<Segment> {
    if (from >= to) return;
    const items = this.#query("segments", {
      KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
      ExpressionAttributeValues: { ":pk": segmentPartition(shard), ":from": from, ":to": to },
    });
    for await (const item of items) {
      if (item["sk"] !== from) yield segmentFrom(item, shard);
    }
  }

  async *readBack(shard: ShardKey, from: Position): AsyncIterable<Segment> {
    const items = this.#query("segments", {
      KeyConditionExpression: "pk = :pk AND sk <= :from",
      ExpressionAttributeValues: { ":pk": segmentPartition(shard), ":from": from },
      ScanIndexForward: false,
    });
    for await (const item of items) yield segmentFrom(item, shard);
  }

  async #tryAppend(input: TransactWriteCommandInput): Promise<"appended" | "conflict" | { cause: unknown }> {
    try {
      await this.#client.send(new TransactWriteCommand(input));
      return "appended";
    } catch (cause) {
      return reasonsOf(cause).includes("ConditionalCheckFailed") ? "conflict" : { cause };
    }
  }

  /**
   * The token is new for every append and the same in its retries: a retry of what was applied although the answer got
   * lost succeeds, whereas a second append of the same segment is a conflict.
   */
  #transaction({ head, previous, writtenAt, body }: Segment, expiresAt: EpochMs): TransactWriteCommandInput {
    const totals = { ...head.counts, arrived_at: head.arrivedAt };
    const item = {
      pk: segmentPartition(head.shard),
      sk: head.position,
      previous,
      ...totals,
      written_at: writtenAt,
      ...bodyAttributes(body),
      expiresAt: Math.ceil(expiresAt / 1000),
    };
    const condition =
      previous === origin
        ? { ConditionExpression: "attribute_not_exists(pk)" }
        : {
            ConditionExpression: "#position = :previous",
            ExpressionAttributeNames: { "#position": "position" },
            ExpressionAttributeValues: { ":previous": previous },
          };
    const headItem = { pk: headPartition, sk: head.shard, position: head.position, ...totals };
    return {
      ClientRequestToken: randomUUID(),
      TransactItems: [
        { Put: { TableName: this.#table, Item: item } },
        { Put: { TableName: this.#table, Item: headItem, ...condition } },
      ],
    };
  }

  async *#query(what: string, input: Omit<QueryCommandInput, "TableName">): AsyncIterable<Item> {
    const query = { ...input, TableName: this.#table, ConsistentRead: true };
    const pages = paginateQuery({ client: this.#client }, query)[Symbol.asyncIterator]();
    for (;;) {
      const page = await answerOf(this.#table, `Query of ${what}`, pages.next());
      if (page.done === true) return;
      yield* page.value.Items ?? [];
    }
  }
}

function headFrom(item: Item, shard: ShardKey, position = "position"): Head {
  return {
    shard,
    position: textOf(item, position) as Position,
    counts: {
      plays: numberOf(item, "plays"),
      unqualified: numberOf(item, "unqualified"),
      duplicates: numberOf(item, "duplicates"),
      rejects: numberOf(item, "rejects"),
    },
    arrivedAt: numberOf(item, "arrived_at") as EpochMs,
  };
}

function segmentFrom(item: Item, shard: ShardKey): Segment {
  return {
    head: headFrom(item, shard, "sk"),
    previous: textOf(item, "previous") as Position,
    writtenAt: numberOf(item, "written_at") as EpochMs,
    body: bodyOf(item),
  };
}

function reasonsOf(cause: unknown): readonly string[] {
  if (!(cause instanceof TransactionCanceledException)) return [];
  return (cause.CancellationReasons ?? []).map((reason) => reason.Code ?? "None");
}

/** Whether the transaction may succeed when it is sent again; the SDK repeats what is not a cancelled transaction. */
function isPassing(cause: unknown): boolean {
  if (cause instanceof TransactionInProgressException) return true;
  const passing = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
  return reasonsOf(cause).some((reason) => passing.includes(reason));
}
