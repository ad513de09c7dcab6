import { PutCommand } from "@aws-sdk/lib-dynamodb";
import type { Counter, CounterKey } from "#src/domain/counter.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { decodeTotals, encodeTotals } from "#src/wire/totals-codec.ts";
import { formerCounterFrom, formerGuard } from "./former-counter-item.ts";
import { bytesOf, type Item, numberOf, textOf } from "./item.ts";
import { totalItem } from "./keys.ts";
import type { Statement } from "./requests.ts";

/**
 * A counter as an item. Its attributes have short names, because DynamoDB bills a write by the KB and names count: `e` is the
 * last epoch that is in it (I5), `b` its totals, `key` its key where the partition key is a hash of it. `plays` says once more
 * what is in `b`, for people who look at the table; nothing reads it.
 *
 * @param now windows that have expired by then are left out
 */
export function counterItem({ key, epoch, totals }: Counter, now: EpochMs) {
  const main = totalItem(key);
  return {
    ...main,
    ...(main.pk === key ? {} : { key }),
    e: epoch,
    plays: totals.plays,
    b: encodeTotals(totals, now),
  };
}

type CounterItem = ReturnType<typeof counterItem>;

/**
 * The counter that an item holds.
 *
 * @throws CorruptStoreError where it holds none
 */
export function counterFrom(item: Item): Counter {
  const key = textOf(item, item["key"] === undefined ? "pk" : "key") as CounterKey;
  if (isFormer(item)) return formerCounterFrom(item, key);
  return { key, epoch: numberOf(item, "e") as EpochNumber, totals: decodeTotals(bytesOf(item, "b")) };
}

/** Whether an item has an attribute for each total, as all had before ADR 22. Its next write makes it one of today's. */
export const isFormer = (item: Item): boolean => item["b"] === undefined;

/** The write of a counter that nobody has written yet. */
export function insertion(table: string, { pk, sk, key, e, plays, b }: CounterItem): Statement {
  const withKey = key === undefined ? [] : [key];
  return {
    Statement: `INSERT INTO "${table}" VALUE {'pk':?,'sk':?,'e':?,'plays':?,'b':?${key === undefined ? "" : ",'key':?"}}`,
    Parameters: [pk, sk, e, plays, b, ...withKey],
  };
}

/**
 * The write of a counter in the place of one that was read, on the condition that it is still there. An epoch that writes
 * once more corrects minima: then the epoch does not tell, and the bytes have to be the same.
 */
export function update(table: string, { pk, sk, e, plays, b }: CounterItem, read: Item): Statement {
  const epochRead = numberOf(read, "e");
  const isSameEpoch = epochRead === e;
  return {
    Statement: `UPDATE "${table}" SET "e"=? SET "plays"=? SET "b"=? WHERE "pk"=? AND "sk"=? AND "e"=?${isSameEpoch ? ' AND "b"=?' : ""}`,
    Parameters: [e, plays, b, pk, sk, epochRead, ...(isSameEpoch ? [bytesOf(read, "b")] : [])],
  };
}

/** The write of a counter in the place of an item of the former format, whose attributes go. */
export function conversion(table: string, item: CounterItem, read: Item): PutCommand {
  return new PutCommand({
    TableName: table,
    Item: item,
    ConditionExpression: "attribute_not_exists(b) AND #guard = :read",
    ExpressionAttributeNames: { "#guard": formerGuard },
    ExpressionAttributeValues: { ":read": numberOf(read, formerGuard) },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
}
