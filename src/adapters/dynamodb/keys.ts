import { createHash } from "node:crypto";

/** The primary key of every table. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-partition-sort-keys */
const maxPartitionKeyBytes = 2_048;

/** A longer key becomes its kind and a hash. No other partition key starts with `LONG#`, so it can stand for one key only. */
function partitionKey(key: string): string {
  if (Buffer.byteLength(key) <= maxPartitionKeyBytes) return key;
  return `LONG#${createHash("sha256").update(key).digest("hex")}`;
}

/** The item of a running total; a key that is too long is kept in its attribute `key`. */
export const totalItem = (key: string): ItemKey => ({ pk: partitionKey(key), sk: "TOTAL" });

export const segmentPartition = (shard: string): string => `SEG#${shard}`;
export const headPartition = "HEAD";

export const profilePartition = (user: string): string => `USER#${user}`;
export const profileItem = (user: string): ItemKey => ({ pk: profilePartition(user), sk: "PROFILE" });

export const publicationItem = (key: string): ItemKey => ({ pk: partitionKey(key), sk: "LATEST" });

export const epochPartition = "EPOCH";
export const paddedEpoch = (epoch: number): string => String(epoch).padStart(16, "0");
export const epochItem = (epoch: number): ItemKey => ({ pk: epochPartition, sk: paddedEpoch(epoch) });
export const leaseItem: ItemKey = { pk: "LEASE", sk: "LEASE" };
