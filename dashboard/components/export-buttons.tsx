import { useState } from "preact/hooks";
import { type CsvTable, toCsv } from "../lib/csv.ts";
import { download } from "../state/download.ts";

interface ExportButtonsProps {
  /** What is exported, for the button's name. */
  readonly label: string;
  /** Of the file, without its extension. */
  readonly fileName: string;
  /** The table, made when it is asked for; undefined where it cannot be had. */
  readonly tableOf: () => CsvTable | Promise<CsvTable | undefined>;
}

/** A list as a file: CSV for spreadsheets, JSON for programs. */
export function ExportButtons({ label, fileName, tableOf }: ExportButtonsProps) {
  const [hasFailed, setHasFailed] = useState(false);
  const save = async (format: "csv" | "json"): Promise<void> => {
    const table = await tableOf();
    setHasFailed(table === undefined);
    if (table === undefined) return;
    if (format === "csv") download(`${fileName}.csv`, "text/csv", toCsv(table));
    else download(`${fileName}.json`, "application/json", JSON.stringify(objectsOf(table), null, 2));
  };
  return (
    <span class="export">
      {hasFailed && <span role="alert">The server does not answer. </span>}
      <button
        type="button"
        class="link"
        aria-label={`Export ${label} as CSV`}
        onClick={() => void save("csv")}
      >
        CSV
      </button>
      <button
        type="button"
        class="link"
        aria-label={`Export ${label} as JSON`}
        onClick={() => void save("json")}
      >
        JSON
      </button>
    </span>
  );
}

const objectsOf = ({ head, rows }: CsvTable): object[] =>
  rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i] ?? null])));
