import fc from "fast-check";
import { expect, test } from "vitest";
import { hash64, hash64OfAscii } from "#src/domain/hash64.ts";
import { endOfPlainText, utf8SequenceLength } from "#src/wire/byte-text.ts";
import { viewOf } from "#src/wire/bytes.ts";

const someBytes = fc.array(
  fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 32, max: 126 }) }, fc.nat(255)),
  {
    maxLength: 40,
  },
);

test("plain text ends at the first quote, backslash, control character or byte beyond ASCII", () => {
  fc.assert(
    fc.property(someBytes, fc.nat(40), (values, start) => {
      const bytes = Uint8Array.from(values);
      const at = Math.min(start, bytes.length);
      const found = values.findIndex(
        (byte, i) => i >= at && (byte < 32 || byte > 127 || byte === 34 || byte === 92),
      );

      expect(endOfPlainText(bytes, viewOf(bytes), at)).toBe(found === -1 ? bytes.length : found);
    }),
    { numRuns: 2000 },
  );
});

test("a sequence is one of UTF-8 exactly if a decoder takes it", () => {
  const strict = new TextDecoder("utf-8", { fatal: true });
  const edges = fc.constantFrom(0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0);
  const leads = fc.oneof(fc.integer({ min: 0x80, max: 0xff }), fc.constantFrom(0xe0, 0xed, 0xf0, 0xf4));
  fc.assert(
    fc.property(leads, fc.array(fc.oneof(edges, fc.nat(255)), { maxLength: 4 }), (lead, rest) => {
      const bytes = Uint8Array.from([lead, ...rest]);

      const length = utf8SequenceLength(bytes, 0);

      const isOne = (count: number): boolean => {
        try {
          return [...strict.decode(bytes.subarray(0, count))].length === 1;
        } catch {
          return false;
        }
      };
      expect(length).toBe([2, 3, 4].find((count) => bytes.length >= count && isOne(count)) ?? 0);
    }),
    { numRuns: 3000 },
  );
});

test("the hash of an id's bytes is the hash of its text", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\w.:-]{1,128}$/), (text) => {
      const bytes = Buffer.from(`"${text}"`);

      expect(hash64OfAscii(bytes, 1, bytes.length - 1, { hi: 0, lo: 0 })).toEqual(
        hash64(text, { hi: 0, lo: 0 }),
      );
    }),
  );
});
