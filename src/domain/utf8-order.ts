/**
 * Compares two strings by their UTF-8 bytes, as DynamoDB sort keys and SQLite's BINARY collation do (I7).
 * JavaScript's `<` compares UTF-16 code units, which differs where surrogate pairs meet U+E000..U+FFFF.
 * Returns a negative number, 0 or a positive number.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates (which stand for U+10000 and above) behind U+E000..U+FFFF. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
