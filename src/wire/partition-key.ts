import { hash64 } from "../domain/hash64.ts";
import type { UserId } from "../domain/play.ts";

/** Enough to spread over every shard a stream is likely to have, few enough that blocks fill. */
export const bucketCount = 256;

const scratch = { hi: 0, lo: 0 };
const keys = Array.from({ length: bucketCount }, (_, bucket) => `b${String(bucket).padStart(3, "0")}`);

/** The partition key under which our producers put a listener's plays: always the same one of 256 buckets (I2). */
export function partitionKeyOf(userId: UserId): string {
  return keys[hash64(userId, scratch).lo % bucketCount] ?? "b000";
}
