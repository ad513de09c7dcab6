/** How a column's figures are written; the unit is in its name. */
export type ColumnKind = "text" | "whole" | "digits" | "percent";

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
}

export type Cell = string | number | null;

/** Figures as they were measured; they are rounded where they are shown. */
export interface ResultTable {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A cell as text: whole numbers, three digits, or percents of shares. */
export function cellText(cell: Cell | undefined, { kind }: Column): string {
  if (cell === null || cell === undefined) return "–";
  if (typeof cell === "string") return cell;
  if (kind === "percent") return `${(cell * 100).toFixed(Math.abs(cell) < 0.1 ? 1 : 0)} %`;
  return kind === "digits" ? threeDigits(cell) : Math.round(cell).toLocaleString("en-US");
}

/** Rounded to three digits, without an exponent; whole digits are never dropped. */
export function threeDigits(amount: number): string {
  if (amount === 0) return "0";
  const decimals = 2 - Math.floor(Math.log10(Math.abs(amount)));
  return decimals > 0 ? amount.toFixed(Math.min(decimals, 6)) : Math.round(amount).toLocaleString("en-US");
}

const isText = ({ kind }: Column): boolean => kind === "text";

/** The lines of a table for a terminal. */
export function printedTable({ title, columns, rows }: ResultTable): readonly string[] {
  const cells = [
    columns.map(({ name }) => name),
    ...rows.map((row) => columns.map((column, i) => cellText(row[i], column))),
  ];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const lines = cells.map((row) =>
    columns
      .map((column, i) =>
        isText(column) ? (row[i] ?? "").padEnd(widths[i] ?? 0) : (row[i] ?? "").padStart(widths[i] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return [title, ...lines];
}

/** A table for a page. */
export function markdownTable({ columns, rows }: ResultTable): string {
  const head = columns.map(({ name }) => name);
  const rule = columns.map((column) => (isText(column) ? "---" : "---:"));
  const body = rows.map((row) => columns.map((column, i) => cellText(row[i], column)));
  return [head, rule, ...body].map((line) => `| ${line.join(" | ")} |`).join("\n");
}
