/** The two unsigned 32-bit halves of a 64-bit hash. */
export type Hash64 = [hi: number, lo: number];

/**
 * The hash by which a profile orders names (docs/bounds.md), over UTF-16 code units. What is counted here depends on it
 * in nothing else; ids are found by it too, because it is there.
 *
 * @param into is returned
 */
export function hash64(text: string, into: Hash64): Hash64 {
  let [x, y] = [0xdeadbeef ^ text.length, 0x41c6ce57 ^ text.length];
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    x = turned(Math.imul(x ^ unit, 0x9e3779b1), 13);
    y = turned(Math.imul(y ^ unit, 0x5f356495), 17);
  }
  x = mixed(x, 16, 0x85ebca6b) ^ mixed(y, 13, 0xc2b2ae35);
  y = mixed(y, 16, 0x85ebca6b) ^ mixed(x, 13, 0xc2b2ae35);
  x = mixed(x, 15, 0x2c1b3c6d);
  y = mixed(y, 14, 0x297a2d39);
  into[0] = (x ^ (y >>> 16)) >>> 0;
  into[1] = (y ^ (x >>> 15)) >>> 0;
  return into;
}

const turned = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
const mixed = (value: number, bits: number, factor: number): number =>
  Math.imul(value ^ (value >>> bits), factor);
