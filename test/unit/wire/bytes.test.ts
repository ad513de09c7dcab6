import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteReader, ByteWriter } from "#src/wire/bytes.ts";

const someBytes = fc.uint8Array({ maxLength: 300 });
const someTexts = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 20 });

test("what is written in place, after its length, are the bytes of what was finished before", () => {
  fc.assert(
    fc.property(fc.array(someBytes, { maxLength: 5 }), someTexts, (parts, texts) => {
      const apart = new ByteWriter();
      const inPlace = new ByteWriter();
      for (const part of parts) {
        const inner = new ByteWriter();
        inner.bytes(part);
        inner.strings(texts);
        apart.bytes(inner.finish());
        inPlace.sized(() => {
          inPlace.bytes(part);
          inPlace.strings(texts);
        });
      }

      expect(inPlace.finish()).toEqual(apart.finish());
    }),
  );
});

test("large integers are the same whether they are exact as numbers or not", () => {
  const edges = [0n, 255n, 256n, 2n ** 48n - 1n, 2n ** 48n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 64n];
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: 2n ** 200n })), (value) => {
      const writer = new ByteWriter();
      writer.large(value);
      const bytes = writer.finish();

      const hex = value === 0n ? "" : value.toString(16);
      const expected = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex").reverse();
      expect(Buffer.from(bytes.slice(1))).toEqual(expected);
      expect(bytes[0]).toBe(expected.length);
      expect(new ByteReader(bytes).large()).toBe(value);
    }),
  );
});
