export type CsvValue = string | number | boolean | null | undefined;

export interface CsvTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly CsvValue[])[];
}

/**
 * RFC 4180, with CRLF. Titles come from strangers and spreadsheets run what starts like a formula, so such a text gets an
 * apostrophe in front (https://owasp.org/www-community/attacks/CSV_Injection).
 */
export function toCsv({ head, rows }: CsvTable): string {
  return [head, ...rows].map((row) => `${row.map(cellOf).join(",")}\r\n`).join("");
}

function cellOf(value: CsvValue): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
