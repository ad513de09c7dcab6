import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

/** Text that is written at once, characters. */
const pieceChars = 4 * 1024 * 1024;

/**
 * Writes a file of plays several times over, each time later, so that no play is another's duplicate: many more rows of exactly the
 * same listeners, songs, and songs that a listener heard.
 *
 * @param spanMs how much later each time, more than the plays of `source` lie apart
 */
export function repeatCsv(source: string, target: string, times: number, spanMs: number): void {
  const [head = "", ...rows] = readFileSync(source, "utf8").trimEnd().split("\n");
  const out = openSync(target, "w");
  let piece = `${head}\n`;
  for (let time = 0; time < times; time++) {
    for (const row of rows) {
      const at = row.lastIndexOf(",") + 1;
      piece += `${row.slice(0, at)}${new Date(Date.parse(row.slice(at)) + time * spanMs).toISOString()}\n`;
      if (piece.length < pieceChars) continue;
      writeSync(out, piece);
      piece = "";
    }
  }
  writeSync(out, piece);
  closeSync(out);
}
