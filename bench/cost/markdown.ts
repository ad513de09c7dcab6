/** A table as the documents have it; all columns but the first `textColumns` are numbers, on the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns = 1,
): string {
  const rule = head.map((_, i) => (i < textColumns ? "---" : "---:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Dollars with the digits that matter: 0.0042, 0.15, 6.4, 33. */
export const dollars = (amount: number): string => (amount === 0 ? "0" : significant(amount, 2));

/** Units per play and the like, to three digits. */
export const units = (amount: number): string => (amount === 0 ? "0" : significant(amount, 3));

export const whole = (amount: number): string => Math.round(amount).toLocaleString("en-US");

export const percent = (share: number): string => `${significant(share * 100, 2)} %`;

/** Rounded to so many digits, never with an exponent; whole digits are never dropped. */
function significant(amount: number, digits: number): string {
  if (amount === 0) return "0";
  const decimals = digits - 1 - Math.floor(Math.log10(Math.abs(amount)));
  return decimals > 0 ? amount.toFixed(Math.min(decimals, 6)) : whole(amount);
}
