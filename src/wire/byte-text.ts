const quote = 0x22;
const quotes = 0x22222222;
const backslashes = 0x5c5c5c5c;
const ones = 0x01010101;
const spaces = 0x20202020;
const highBits = 0x80808080;

/**
 * Where the first byte from `at` on is that is a quote, a backslash, a control character or not ASCII: what a JSON
 * text may hold without a closer look goes before it. The end of the bytes where there is none.
 *
 * Four bytes at a time: a byte less one (or less a space) borrows into its highest bit where it is smaller, and what is
 * found wrongly comes after what is found rightly.
 */
export function endOfPlainText(bytes: Uint8Array, view: DataView, at: number): number {
  const last = bytes.length - 4;
  let next = at;
  for (; next <= last; next += 4) {
    const word = view.getInt32(next, true);
    const found =
      (((word ^ quotes) - ones) | ((word ^ backslashes) - ones) | (word - spaces) | word) & highBits;
    if (found !== 0) return next + ((31 - Math.clz32(found & -found)) >> 3);
  }
  while (next < bytes.length && isPlain(bytes[next] ?? 0)) next += 1;
  return next;
}

const isPlain = (byte: number): boolean => byte >= 0x20 && byte < 0x80 && byte !== quote && byte !== 0x5c;

/** How many bytes the UTF-8 sequence of a character beyond ASCII has, 2 to 4; 0 where it is none (RFC 3629, section 4). */
export function utf8SequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const length = lengthByLead(first);
  const second = bytes[at + 1] ?? 0;
  if (second < lowestSecond(first) || second > highestSecond(first)) return 0;
  for (let i = 2; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}

function lengthByLead(first: number): number {
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/** Less would be an overlong form. */
const lowestSecond = (first: number): number => (first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80);

/** More would be a surrogate, or beyond U+10FFFF. */
const highestSecond = (first: number): number => (first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf);
