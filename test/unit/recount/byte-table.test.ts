import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteTable, viewOf } from "#src/recount/byte-table.ts";

/** Of few letters, so that many are alike but for one place. */
const words = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "é"), minLength: 1, maxLength: 11 }), {
  maxLength: 200,
});

test("gives the same bytes one number and others another, one by one and all at once", () => {
  fc.assert(
    fc.property(words, (texts) => {
      const bytes = Buffer.from(texts.join(""));
      const places = new Int32Array(texts.length * 2);
      let end = 0;
      for (const [row, text] of texts.entries()) {
        places[row * 2] = end;
        end += Buffer.byteLength(text);
        places[row * 2 + 1] = end;
      }
      const [one, all] = [new ByteTable(), new ByteTable()];
      const inOrder = [...new Set(texts)];
      const expected = texts.map((text) => inOrder.indexOf(text));

      const numbers = texts.map((_, row) =>
        one.numberOf(viewOf(bytes), places[row * 2] ?? 0, places[row * 2 + 1] ?? 0),
      );
      all.numberAll(viewOf(bytes), places, 0, 2, texts.length);

      expect(numbers).toEqual(expected);
      expect(texts.map((_, row) => places[row * 2])).toEqual(expected);
      expect(inOrder.map((_, number) => Buffer.from(all.bytesOf(number)).toString())).toEqual(inOrder);
    }),
  );
});
