import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chartTable } from "../../../dashboard/lib/chart-table.ts";
import { toCsv } from "../../../dashboard/lib/csv.ts";

describe("CSV", () => {
  test("commas, quotes and line ends are quoted, nothing stands for nothing", () => {
    const csv = toCsv({
      head: ["title", "plays"],
      rows: [
        ['Say "hi",\nthen go', 3],
        [null, undefined],
      ],
    });

    expect(csv).toBe('title,plays\r\n"Say ""hi"",\nthen go",3\r\n,\r\n');
  });

  test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])("the text %j is no formula", (title) => {
    const [, [cell] = []] = parse(toCsv({ head: ["title"], rows: [[title]] }));

    expect(cell).toBe(`'${title}`);
  });

  test("numbers stay numbers", () => {
    expect(toCsv({ head: ["score"], rows: [[-1.5], [true]] })).toBe("score\r\n-1.5\r\ntrue\r\n");
  });

  test("another reader finds the same texts", () => {
    const texts = fc.array(fc.array(fc.string({ unit: "grapheme" }), { minLength: 2, maxLength: 2 }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(texts, (rows) => {
        const [, ...read] = parse(toCsv({ head: ["a", "b"], rows }), { relax_column_count: true });

        const guarded = rows.map((row) => row.map((text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)));
        expect(read).toEqual(guarded);
      }),
    );
  });

  test("a rising chart tells what was expected, another does not", () => {
    const entry = {
      ...{ rank: 1, previous_rank: null, peak: 1, id: "t", title: "Yellow", artist: "Coldplay" },
      ...{ plays: 62, listened_ms: 1, score: 8.7, first_played_at: "2026-11-27T08:00:00.000Z" },
    };

    expect(chartTable({ entries: [{ ...entry, expected: 21, listeners: 40 }] }).head).toContain("expected");
    expect(chartTable({ entries: [entry] }).head).not.toContain("expected");
  });
});
