import { hash } from "node:crypto";

const HASH_KEYS = 2n ** 128n;

/** Inclusive bounds of a shard's hash keys, as decimal strings. */
export interface HashKeyRange {
  readonly startingHashKey: string;
  readonly endingHashKey: string;
}

/** Splits the 128-bit hash key space evenly, as Kinesis does: the last shard takes the remainder. */
export function hashKeyRange(shardIndex: number, shardCount: number): HashKeyRange {
  const width = HASH_KEYS / BigInt(shardCount);
  const start = width * BigInt(shardIndex);
  const end = shardIndex === shardCount - 1 ? HASH_KEYS - 1n : start + width - 1n;
  return { startingHashKey: String(start), endingHashKey: String(end) };
}

/** Whether the text is a decimal number below 2^128 without leading zeros. */
export function isHashKey(text: string): boolean {
  return /^(0|[1-9]\d{0,38})$/.test(text) && BigInt(text) < HASH_KEYS;
}

/** Finds the shard of a record: the range that holds the MD5 of its partition key, or its explicit hash key. */
export class ShardRouter {
  readonly #width: bigint;
  readonly #shardCount: number;

  constructor(shardCount: number) {
    this.#shardCount = shardCount;
    this.#width = HASH_KEYS / BigInt(shardCount);
  }

  /** @throws RangeError when the explicit hash key is not a decimal number below 2^128 */
  shardIndexOf(partitionKey: string, explicitHashKey?: string): number {
    if (explicitHashKey !== undefined) return this.#indexOfHash(parseHashKey(explicitHashKey));
    if (this.#shardCount === 1) return 0;
    return this.#indexOfHash(BigInt(`0x${hash("md5", partitionKey, "hex")}`));
  }

  #indexOfHash(hashKey: bigint): number {
    return Math.min(Number(hashKey / this.#width), this.#shardCount - 1);
  }
}

function parseHashKey(text: string): bigint {
  if (!isHashKey(text)) throw new RangeError(`explicit hash key ${text} is not a decimal number below 2^128`);
  return BigInt(text);
}
