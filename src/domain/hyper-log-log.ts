import { type Hash64, hash64 } from "./hash64.ts";

/*
 * Estimates how many distinct things were seen from the longest runs of zeros in their hashes: P. Flajolet, E. Fusy,
 * O. Gandouet, F. Meunier, "HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm", 2007. The hash
 * has 64 bits, so the paper's correction for large numbers is not needed.
 */

/** m: the standard error is 1.04 / sqrt(m), 6.5 %. */
const registerCount = 256;
/** The first so many bits of a hash choose the register. */
const indexBits = 8;
/** Of the other 56 bits all may be 0. */
const highestRank = 64 - indexBits + 1;
/** Ranks are below it. */
const ranks = 64;
/** alpha_m for m >= 128. */
const alpha = 0.7213 / (1 + 1.079 / registerCount);

/** One byte a register: the longest run so far, plus 1; 0 where it saw nothing. */
export type Registers = Uint8Array;

export const noRegisters = (): Registers => new Uint8Array(registerCount);

const scratch: Hash64 = { hi: 0, lo: 0 };

/** What noting a thing leaves in registers: which of them, and how long a run. */
export function markOf(thing: string): number {
  const { hi, lo } = hash64(thing, scratch);
  const index = hi >>> (32 - indexBits);
  const rest = ((hi << indexBits) | (lo >>> (32 - indexBits))) >>> 0;
  const zeros = rest === 0 ? 32 + Math.clz32(lo << indexBits) : Math.clz32(rest);
  return index * ranks + Math.min(zeros + 1, highestRank);
}

/** Notes that the thing with a mark was seen, in place. */
export function noteMark(registers: Registers, mark: number): void {
  const index = Math.floor(mark / ranks);
  const rank = mark % ranks;
  if (rank > (registers[index] ?? 0)) registers[index] = rank;
}

/** What both saw together. */
export const mergeRegisters = (a: Registers, b: Registers): Registers =>
  a.map((rank, index) => Math.max(rank, b[index] ?? 0));

/** How many distinct things were seen, to the nearest whole number. */
export function estimateDistinct(registers: Registers): number {
  let sum = 0;
  let unseen = 0;
  for (const rank of registers) {
    sum += 2 ** -rank;
    if (rank === 0) unseen += 1;
  }
  const estimate = (alpha * registerCount ** 2) / sum;
  const isSmall = estimate <= 2.5 * registerCount && unseen > 0;
  // Linear counting: how many registers are still empty.
  return Math.round(isSmall ? registerCount * Math.log(registerCount / unseen) : estimate);
}
