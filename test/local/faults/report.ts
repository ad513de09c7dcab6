import { type CountError, ourDesign } from "./comparator/comparison.ts";
import { type FaultLog, faultKinds, requestFaults } from "./fault-kinds.ts";
import type { Tally } from "./harness.ts";

/** A table in Markdown, with columns as wide as what is in them. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

export const runsTable = (tallies: ReadonlyMap<string, Tally>): string =>
  markdownTable(
    ["store", "runs", "plays put", "faults", "runs with an error"],
    [...tallies].map(([store, { runs, plays, faults, errors }]) => [
      store,
      ...[runs, plays, faults.total, errors].map(String),
    ]),
  );

/** How often each kind of fault was injected, by store. */
export function faultsTable(logs: ReadonlyMap<string, FaultLog>): string {
  const rows = [...faultKinds, ...requestFaults].map((kind) => [
    kind,
    ...[...logs.values()].map((log) => String(log.count(kind))),
  ]);
  return markdownTable(["fault", ...logs.keys()], rows);
}

export const comparisonTable = (errors: readonly CountError[]): string =>
  markdownTable(
    ["design", "too many", "too few", "error", "error, a producer's retries aside"],
    errors.map((error) => [
      error.design,
      String(error.tooMany),
      String(error.tooFew),
      percent(error.tooMany + error.tooFew, error.plays),
      // Ours drops those retries: the plays it counts are the only measure that fits it.
      error.design === ourDesign
        ? percent(error.tooMany + error.tooFew, error.plays)
        : percent(error.deliveredTooMany + error.deliveredTooFew, error.arrivals),
    ]),
  );

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`;
