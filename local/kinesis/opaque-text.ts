/** JSON's value, or undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A list as text that clients keep and send back. */
export function encodeOpaque(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** The list a text was made of; empty when it is not such a text. */
export function decodeOpaque(text: string): readonly unknown[] {
  const value = parseJson(Buffer.from(text, "base64url").toString("utf8"));
  return Array.isArray(value) ? value : [];
}
