const longest = 80;
/** Control, format, surrogate and private-use characters and line separators: nothing a terminal should get. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

const escapeUnit = (unit: string): string => `\\u${(unit.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;

/** The text on one line, printable, and cut to about 80 characters. */
export function shorten(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut.replace(unprintable, escapeUnit);
}

/** A value of any kind the way a reason names it. */
export function showValue(value: unknown): string {
  if (typeof value === "string") return `"${shorten(value)}"`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value === null || typeof value !== "object") {
    return typeof value === "function" || typeof value === "symbol"
      ? `a ${typeof value}`
      : shorten(String(value));
  }
  return "an object";
}
