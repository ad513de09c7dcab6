import { readFileSync } from "node:fs";

/** Characters of a piece. */
const pieceChars = 1024 * 1024;

/**
 * The text of a file of plays several times over in pieces, each time later, so that no play is another's duplicate: many more rows of
 * exactly the same listeners, songs, and songs that a listener heard.
 *
 * @param spanMs how much later each time, more than the plays of `source` lie apart
 */
export function* repeatedCsv(source: string, times: number, spanMs: number): IterableIterator<string> {
  const [head = "", ...rows] = readFileSync(source, "utf8").trimEnd().split("\n");
  let piece = `${head}\n`;
  for (let time = 0; time < times; time++) {
    for (const row of rows) {
      const at = row.lastIndexOf(",") + 1;
      piece += `${row.slice(0, at)}${new Date(Date.parse(row.slice(at)) + time * spanMs).toISOString()}\n`;
      if (piece.length < pieceChars) continue;
      yield piece;
      piece = "";
    }
  }
  yield piece;
}
