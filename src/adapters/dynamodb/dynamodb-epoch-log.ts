import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import type { BroadcastOutcome, EpochNumber, EpochRecord, StageFigures } from "#src/domain/epoch.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { Head, Position, ShardKey } from "#src/domain/position.ts";
import type { Verification } from "#src/domain/verification.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import { bodyAttributes, bodyOf, type Item, numberOf, textOf } from "./item.ts";
import { broadcastItem, epochItem, epochPartition, leaseItem, verificationItem } from "./keys.ts";
import { answerOf, conditional } from "./requests.ts";

/**
 * Epoch records (`EPOCH` / padded number), how their broadcasts went (`BROADCAST` / padded number, to spare the records,
 * which may be large, a second rewrite) and the lease, beside the guards that they feed. The heads of all shards are a
 * record's deflated body; everything else can be read with the AWS CLI.
 */
export class DynamoDbEpochLog implements EpochLog {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, countersTable: string) {
    this.#client = client;
    this.#table = countersTable;
  }

  async latest(): Promise<EpochRecord | undefined> {
    const request = this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": epochPartition },
        ScanIndexForward: false,
        Limit: 1,
        ConsistentRead: true,
      }),
    );
    const { Items } = await answerOf(this.#table, "Query of the latest epoch", request);
    const [item] = Items ?? [];
    return item === undefined ? undefined : recordFrom(item);
  }

  async read(epoch: EpochNumber): Promise<EpochRecord | undefined> {
    const request = this.#client.send(
      new GetCommand({ TableName: this.#table, Key: epochItem(epoch), ConsistentRead: true }),
    );
    const { Item } = await answerOf(this.#table, `GetItem of epoch ${epoch}`, request);
    return Item === undefined ? undefined : recordFrom(Item);
  }

  async create(record: EpochRecord): Promise<"created" | "exists"> {
    const request = this.#client.send(
      new PutCommand({
        TableName: this.#table,
        Item: itemFrom(record),
        ConditionExpression: "attribute_not_exists(pk)",
      }),
    );
    const outcome = await conditional(this.#table, `PutItem of epoch ${record.epoch}`, request);
    return outcome.kind === "written" ? "created" : "exists";
  }

  async commit(
    epoch: EpochNumber,
    figures: Readonly<Record<string, StageFigures>>,
    at: EpochMs,
  ): Promise<void> {
    const request = this.#client.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: epochItem(epoch),
        UpdateExpression: "SET #status = :committed, figures = :figures, committed_at = :at",
        ConditionExpression: "#status = :open",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: {
          ":open": "open",
          ":committed": "committed",
          ":figures": JSON.stringify(figures),
          ":at": at,
        },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
    const outcome = await conditional(this.#table, `UpdateItem of epoch ${epoch}`, request);
    if (outcome.kind === "refused" && outcome.stored["status"] !== "committed") {
      throw new CorruptStoreError(`epoch ${epoch} has no record`);
    }
  }

  async noteBroadcast(epoch: EpochNumber, { at, messages, failed }: BroadcastOutcome): Promise<void> {
    const request = this.#client.send(
      new PutCommand({ TableName: this.#table, Item: { ...broadcastItem(epoch), at, messages, failed } }),
    );
    await answerOf(this.#table, `PutItem of the broadcast of epoch ${epoch}`, request);
  }

  async readBroadcast(epoch: EpochNumber): Promise<BroadcastOutcome | undefined> {
    const request = this.#client.send(
      new GetCommand({ TableName: this.#table, Key: broadcastItem(epoch), ConsistentRead: true }),
    );
    const { Item } = await answerOf(this.#table, `GetItem of the broadcast of epoch ${epoch}`, request);
    if (Item === undefined) return undefined;
    return {
      at: numberOf(Item, "at") as EpochMs,
      messages: numberOf(Item, "messages"),
      failed: numberOf(Item, "failed"),
    };
  }

  async noteVerification(verification: Verification): Promise<void> {
    const request = this.#client.send(
      new PutCommand({
        TableName: this.#table,
        Item: { ...verificationItem, verification: JSON.stringify(verification) },
      }),
    );
    await answerOf(this.#table, "PutItem of the last verification", request);
  }

  async readVerification(): Promise<Verification | undefined> {
    const request = this.#client.send(
      new GetCommand({ TableName: this.#table, Key: verificationItem, ConsistentRead: true }),
    );
    const { Item } = await answerOf(this.#table, "GetItem of the last verification", request);
    return Item === undefined ? undefined : (JSON.parse(textOf(Item, "verification")) as Verification);
  }

  async acquireLease(owner: string, now: EpochMs, lengthMs: number): Promise<boolean> {
    const request = this.#client.send(
      new PutCommand({
        TableName: this.#table,
        Item: { ...leaseItem, owner, ends_at: now + lengthMs },
        ConditionExpression:
          "attribute_not_exists(pk) OR #owner = :owner OR ends_at <= :now OR ends_at > :latestEnd",
        ExpressionAttributeNames: { "#owner": "owner" },
        ExpressionAttributeValues: { ":owner": owner, ":now": now, ":latestEnd": now + lengthMs },
      }),
    );
    const outcome = await conditional(this.#table, "PutItem of the lease", request);
    return outcome.kind === "written";
  }

  async releaseLease(owner: string): Promise<void> {
    const request = this.#client.send(
      new DeleteCommand({
        TableName: this.#table,
        Key: leaseItem,
        ConditionExpression: "#owner = :owner",
        ExpressionAttributeNames: { "#owner": "owner" },
        ExpressionAttributeValues: { ":owner": owner },
      }),
    );
    await conditional(this.#table, "DeleteItem of the lease", request);
  }
}

function itemFrom(record: EpochRecord): Record<string, unknown> {
  const { status, storeId, now, windows, workers, profiles, correction, figures } = record;
  return {
    ...epochItem(record.epoch),
    epoch: record.epoch,
    status,
    store_id: storeId,
    now,
    windows: JSON.stringify(windows),
    ...bodyAttributes(bytesFrom(record)),
    ...(workers === undefined ? {} : { workers }),
    ...(profiles === undefined ? {} : { profiles: JSON.stringify(profiles) }),
    ...(correction === undefined ? {} : { correction }),
    ...(figures === undefined ? {} : { figures: JSON.stringify(figures) }),
  };
}

function recordFrom(item: Item): EpochRecord {
  const record: EpochRecord = {
    epoch: numberOf(item, "epoch") as EpochNumber,
    status: textOf(item, "status") as EpochRecord["status"],
    storeId: textOf(item, "store_id"),
    ...headsFrom(bodyOf(item)),
    now: numberOf(item, "now") as EpochMs,
    windows: JSON.parse(textOf(item, "windows")),
  };
  return {
    ...record,
    ...(item["workers"] === undefined ? {} : { workers: numberOf(item, "workers") }),
    ...(item["profiles"] === undefined ? {} : { profiles: JSON.parse(textOf(item, "profiles")) }),
    ...(item["correction"] === undefined ? {} : { correction: numberOf(item, "correction") as EpochNumber }),
    ...(item["figures"] === undefined ? {} : { figures: JSON.parse(textOf(item, "figures")) }),
    ...(item["committed_at"] === undefined ? {} : { committedAt: numberOf(item, "committed_at") as EpochMs }),
  };
}

type HeadRow = readonly [ShardKey, Position, number, number, number, number, EpochMs];
/** A head of `from` and one of `to`, those with the same index. */
type RowPair = readonly [HeadRow | null, HeadRow | null];

/**
 * The heads as JSON rows. Pairs keep a shard's two heads close together, so that deflating leaves little of a shard that
 * did not move: five thousand shards fit in an item of 400 KB.
 */
function bytesFrom({ from, to }: EpochRecord): Uint8Array {
  const length = Math.max(from.length, to.length);
  const pairs = Array.from({ length }, (_, index): RowPair => [rowFrom(from[index]), rowFrom(to[index])]);
  return Buffer.from(JSON.stringify(pairs), "utf8");
}

function headsFrom(bytes: Uint8Array): Pick<EpochRecord, "from" | "to"> {
  const pairs = JSON.parse(Buffer.from(bytes).toString("utf8")) as readonly RowPair[];
  return {
    from: pairs.flatMap(([row]) => (row === null ? [] : headFrom(row))),
    to: pairs.flatMap(([, row]) => (row === null ? [] : headFrom(row))),
  };
}

function rowFrom(head: Head | undefined): HeadRow | null {
  if (head === undefined) return null;
  const { shard, position, counts, arrivedAt } = head;
  return [shard, position, counts.plays, counts.unqualified, counts.duplicates, counts.rejects, arrivedAt];
}

function headFrom([shard, position, plays, unqualified, duplicates, rejects, arrivedAt]: HeadRow): Head {
  return { shard, position, counts: { plays, unqualified, duplicates, rejects }, arrivedAt };
}
