import { expect, test } from "vitest";
import {
  cellText,
  markdownTable,
  printedTable,
  type ResultTable,
  threeDigits,
} from "../../../../bench/harness/result-table.ts";

const table: ResultTable = {
  title: "Some figures",
  columns: [
    { name: "who", kind: "text" },
    { name: "rows", kind: "whole" },
    { name: "CPU s", kind: "digits" },
    { name: "±", kind: "percent" },
  ],
  rows: [
    ["one", 1_000_000, 1.23456, 0.034],
    ["the other", 5, 123.456, null],
  ],
};

test("in a terminal words are on the left and figures on the right", () => {
  expect(printedTable(table)).toEqual([
    "Some figures",
    "who             rows  CPU s      ±",
    "one        1,000,000   1.23  3.4 %",
    "the other          5    123      –",
  ]);
});

test("on a page it is a table of Markdown", () => {
  expect(markdownTable(table)).toBe(
    [
      "| who | rows | CPU s | ± |",
      "| --- | ---: | ---: | ---: |",
      "| one | 1,000,000 | 1.23 | 3.4 % |",
      "| the other | 5 | 123 | – |",
    ].join("\n"),
  );
});

test("three digits are kept, and whole digits are never dropped", () => {
  const amounts = [0.000123, 0.0608, 1, 9.996, 12.34, 98_415];

  expect(amounts.map(threeDigits)).toEqual(["0.000123", "0.0608", "1.00", "10.00", "12.3", "98,415"]);
  expect(threeDigits(0)).toBe("0");
});

test("a share is told in percent, small ones with a decimal", () => {
  const column = { name: "", kind: "percent" } as const;

  expect([0.5, 0.034, 1].map((share) => cellText(share, column))).toEqual(["50 %", "3.4 %", "100 %"]);
});
