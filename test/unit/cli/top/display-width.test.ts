import fc from "fast-check";
import { expect, test } from "vitest";
import { displayWidth, fitTo, printable } from "#cli/top/display-width.ts";

test.each([
  ["Yellow", 6],
  ["日本", 4],
  ["ＡＢ", 4],
  ["한국", 4],
  ["🎵", 2],
  ["👩‍🎤", 2],
  ["❤️", 2],
  ["é", 1],
  ["e\u0301", 1],
  ["\u200b", 0],
  ["", 0],
])("%j takes %i columns", (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test.each([
  ["Yellow", 8, "Yellow  "],
  ["Yellow", 6, "Yellow"],
  ["Yellow", 4, "Yel…"],
  ["日本語", 5, "日本…"],
  ["日本語", 4, "日… "],
  ["Yellow", 1, "…"],
  ["Yellow", 0, ""],
])("%j in %i columns is %j", (text, width, fitted) => {
  expect(fitTo(text, width)).toBe(fitted);
});

test("whatever the text, it fills its columns exactly", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat({ max: 40 }), (text, width) => {
      expect(displayWidth(fitTo(text, width))).toBe(width);
    }),
  );
});

test("a title can neither move the cursor nor start a line nor turn the direction", () => {
  expect(printable("a\u001b[2J\nb\u202ec\u2066d\u0000")).toBe("a [2J bcd ");
  expect(printable("👩‍🎤 Ünïcode 日本")).toBe("👩‍🎤 Ünïcode 日本");
});
