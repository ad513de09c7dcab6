const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Undefined where the bytes are no UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** How many bytes of UTF-8 a text takes. */
export const utf8Bytes = (text: string): number => encoder.encode(text).length;

/** Whether a text takes at most `bytes` of UTF-8. */
export const fitsIn = (bytes: number, text: string): boolean =>
  text.length * 3 <= bytes || (text.length <= bytes && utf8Bytes(text) <= bytes);

/** Compares texts by their code points, which is the order of their UTF-8 bytes. */
export function compareTexts(a: string, b: string): number {
  const those = b[Symbol.iterator]();
  for (const mine of a) {
    const { value: theirs } = those.next();
    if (theirs === undefined) return 1;
    if (mine !== theirs) return (mine.codePointAt(0) ?? 0) - (theirs.codePointAt(0) ?? 0);
  }
  return those.next().done === true ? 0 : -1;
}
