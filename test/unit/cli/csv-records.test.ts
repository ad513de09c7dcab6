import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CsvRecords } from "#cli/csv-records.ts";

type Found = readonly [line: number, fields: readonly string[] | string];

function records(text: string): readonly Found[] {
  const found: Found[] = [];
  const csv = new CsvRecords((line, record) =>
    found.push([line, record.ok ? record.value : record.error.reason]),
  );
  const lines = text.split("\n");
  for (const [i, line] of lines.entries()) csv.push(i + 1, line);
  csv.end(lines.length + 1);
  return found;
}

const quoted = (field: string, always: boolean): string =>
  always || /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;

test("any table comes back, and csv-parse reads it alike", () => {
  const field = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r\n", " ", "é"), maxLength: 6 });
  const row = fc.array(fc.tuple(field, fc.boolean()), { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 8 }), fc.constantFrom("\n", "\r\n"), (rows, lineEnd) => {
      const text = rows
        .map((fields) => fields.map(([f, always]) => quoted(f, always)).join(","))
        .join(lineEnd);
      const expected = rows.map((fields) => fields.map(([f]) => f));

      expect(records(text).map(([, fields]) => fields)).toEqual(expected);
      expect(parse(text, { relax_column_count: true, record_delimiter: lineEnd })).toEqual(expected);
    }),
  );
});

test("no text throws, and every line without a quote or comma is read", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", ",", '"', '""', "\n", "\r", '\n"', ',"'),
    maxLength: 60,
  });
  fc.assert(
    fc.property(text, (value) => records(value).every(([line]) => line >= 1)),
    { numRuns: 2000 },
  );
});

test("broken quotes cost their own line only", () => {
  expect(records('a,b\nc,5" d\ne,"f\ng,h\n"i"j,k\nl,m')).toEqual([
    [1, ["a", "b"]],
    [2, "quotes are broken"],
    [3, "a quote is never closed"],
    [4, ["g", "h"]],
    [5, "quotes are broken"],
    [6, ["l", "m"]],
  ]);
});

test("a record may span lines, and counts from its first; blank lines are none", () => {
  expect(records('\n"a\n\nb",c\r\n \nd,e')).toEqual([
    [2, ["a\n\nb", "c"]],
    [6, ["d", "e"]],
  ]);
});
