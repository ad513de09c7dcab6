import { type Hash64, hash64 } from "./hash64.ts";

/**
 * Which of 64 buckets the listeners of some plays fall into, one bit a bucket. The union is a bitwise OR: associative,
 * commutative and idempotent, so a sketch does not depend on how plays are cut into epochs, or on a repetition.
 *
 * The estimate is linear counting (Whang, Vander-Zanden, Taylor: "A linear-time probabilistic counting algorithm for
 * database applications", ACM TODS 15, 1990), which is also what HyperLogLog uses for counts this small.
 */
export type ListenerSketch = bigint;

const buckets = 64;
const bits: readonly ListenerSketch[] = Array.from({ length: buckets }, (_, bucket) => 1n << BigInt(bucket));

/** The bucket of one listener, numbered from 0. */
export const bucketOf = (userId: string): number => hash64(userId, hash).lo % buckets;

/** The sketch of one listener. */
export const sketchOf = (userId: string): ListenerSketch => bits[bucketOf(userId)] ?? 0n;

const hash: Hash64 = { hi: 0, lo: 0 };

/** The sketch in which these buckets are taken, numbered from 0. */
export const sketchOfBuckets = (taken: Iterable<number>): ListenerSketch =>
  [...taken].reduce((sketch, bucket) => sketch | (bits[bucket] ?? 0n), 0n);

/** The buckets that are taken, numbered from 0, in order. */
export const bucketsOf = (sketch: ListenerSketch): readonly number[] =>
  bits.flatMap((bit, bucket) => ((sketch & bit) === 0n ? [] : [bucket]));

/**
 * How many distinct listeners a sketch stands for: within 1 up to 10 of them mostly, within some 10 % up to 100. It never
 * exceeds 266, which is what 63 or 64 taken buckets give; n listeners never come to more than n taken buckets.
 */
export function estimateListeners(sketch: ListenerSketch): number {
  const taken = bitsOf(Number(sketch & 0xffff_ffffn)) + bitsOf(Number(sketch >> 32n));
  return Math.round(buckets * Math.log(buckets / Math.max(1, buckets - taken)));
}

/** How many bits of 32 are set. Every counter that an epoch touches asks, so without a bigint for each bit. */
function bitsOf(word: number): number {
  let taken = 0;
  for (let left = word | 0; left !== 0; left &= left - 1) taken += 1;
  return taken;
}
