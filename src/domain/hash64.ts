/** A 64-bit hash as two unsigned 32-bit halves, reused by the caller to spare an object per play. */
export interface Hash64 {
  hi: number;
  lo: number;
}

/**
 * Hashes an event id to 64 bits (two murmur-style multiplicative lanes, each finished with the other's state).
 * Two of 10 million ids inside one dedupe horizon collide with a probability of 3e-6.
 * Writes into `out` and returns it.
 */
export function hash64(text: string, out: Hash64): Hash64 {
  let a = 0xdeadbeef ^ text.length;
  let b = 0x41c6ce57 ^ text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
    a = (a << 13) | (a >>> 19);
    b = (b << 17) | (b >>> 15);
  }
  return finish(a, b, out);
}

/** `hash64` of a text that stands in bytes, all of them ASCII: from `start` up to `end`. */
export function hash64OfAscii(bytes: Uint8Array, start: number, end: number, out: Hash64): Hash64 {
  let a = 0xdeadbeef ^ (end - start);
  let b = 0x41c6ce57 ^ (end - start);
  for (let i = start; i < end; i++) {
    const unit = bytes[i] ?? 0;
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
    a = (a << 13) | (a >>> 19);
    b = (b << 17) | (b >>> 15);
  }
  return finish(a, b, out);
}

function finish(aBefore: number, bBefore: number, out: Hash64): Hash64 {
  let a = aBefore;
  let b = bBefore;
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  a = Math.imul(a ^ (a >>> 15), 0x2c1b3c6d);
  b = Math.imul(b ^ (b >>> 14), 0x297a2d39);
  out.hi = (a ^ (b >>> 16)) >>> 0;
  out.lo = (b ^ (a >>> 15)) >>> 0;
  return out;
}

/** 16 hex digits. */
export const hexOf = ({ hi, lo }: Hash64): string =>
  [hi, lo].map((half) => half.toString(16).padStart(8, "0")).join("");
