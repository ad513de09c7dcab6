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
export const totalItem = (key: string): ItemKey => ({ pk: partitionKey(key), sk: totalSortKey });
export const totalSortKey = "TOTAL";

export const segmentPartition = (shard: string): string => `SEG#${shard}`;
export const headPartition = "HEAD";

const profilePrefix = "USER#";
export const profilePartition = (user: string): string => `${profilePrefix}${user}`;
export const profileItem = (user: string): ItemKey => ({ pk: profilePartition(user), sk: profileSortKey });
export const profileSortKey = "PROFILE";
/** Sorted after the profile's own key. */
export const profileBase = (user: string, place: 0 | 1): ItemKey => ({
  pk: profilePartition(user),
  sk: `${profileSortKey}#BASE#${place}`,
});
export const profileRun = (user: string, run: number): ItemKey => ({
  pk: profilePartition(user),
  sk: `${profileSortKey}#RUN#${run}`,
});

export const publicationItem = (key: string): ItemKey => ({ pk: partitionKey(key), sk: "LATEST" });

export const epochPartition = "EPOCH";
export const paddedEpoch = (epoch: number): string => String(epoch).padStart(16, "0");
export const epochItem = (epoch: number): ItemKey => ({ pk: epochPartition, sk: paddedEpoch(epoch) });
export const tokenPartition = "TOKEN";
export const tokenItem = (hash: string): ItemKey => ({ pk: tokenPartition, sk: hash });
export const importItem = (sha256: string): ItemKey => ({ pk: `IMPORT#${sha256}`, sk: "IMPORT" });
/** Not in the partition of the records, whose last item is the latest epoch; the broadcast may write nothing else. */
export const broadcastPartition = "BROADCAST";
export const broadcastItem = (epoch: number): ItemKey => ({ pk: broadcastPartition, sk: paddedEpoch(epoch) });
export const verificationItem: ItemKey = { pk: "VERIFICATION", sk: "LATEST" };
export const leaseItem: ItemKey = { pk: "LEASE", sk: "LEASE" };

const claimPrefix = "ID#";
export const claimItem = (eventId: string): ItemKey => ({ pk: `${claimPrefix}${eventId}`, sk: "CLAIM" });
/** The event id of a claim's partition key. */
export const claimedId = (pk: string): string => pk.slice(claimPrefix.length);

/** The rejects of a day are spread over this many partitions: one takes 1,000 write units a second. */
export const rejectBins = 16;
export const rejectPartition = (day: string, bin: number): string =>
  `REJECT#${day}#${String(bin).padStart(2, "0")}`;
export const rejectRawPartition = (id: string): string => `RAW#${id}`;
export const rejectRawItem = (id: string, chunk: number): ItemKey => ({
  pk: rejectRawPartition(id),
  sk: String(chunk).padStart(5, "0"),
});

/** A partition key for an error's message, which ends up in a log: a listener's is hashed. */
export function shownPartition(pk: string): string {
  if (!pk.startsWith(profilePrefix)) return pk;
  const hash = createHash("sha256").update(pk.slice(profilePrefix.length)).digest("hex");
  return `${profilePrefix}<sha256 ${hash.slice(0, 16)}>`;
}
