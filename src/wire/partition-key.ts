import { hash64 } from "../domain/hash64.ts";
import type { UserId } from "../domain/play.ts";

/** Enough to spread over every shard a stream is likely to have, few enough that blocks fill. */
export const bucketCount = 256;

const scratch = { hi: 0, lo: 0 };
const keys = Array.from({ length: bucketCount }, (_, bucket) => `b${String(bucket).padStart(3, "0")}`);

/** Which of the buckets a listener's plays are in: always the same (I2). */
export const bucketOf = (userId: UserId): number => hash64(userId, scratch).lo % bucketCount;

export const keyOfBucket = (bucket: number): string => keys[bucket] ?? "b000";

/** The partition key under which our producers put a listener's plays. */
export const partitionKeyOf = (userId: UserId): string => keyOfBucket(bucketOf(userId));
