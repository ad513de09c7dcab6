import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareUtf8 } from "#src/domain/utf8-order.ts";

test("strings compare as their UTF-8 bytes do", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }), (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test("a character beyond U+FFFF sorts after U+FFFD, which UTF-16 order gets wrong", () => {
  expect(compareUtf8("\u{1f600}", "\ufffd")).toBeGreaterThan(0);
  expect("\u{1f600}" < "\ufffd").toBe(true);
});
