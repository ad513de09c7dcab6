import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteStore } from "#src/domain/byte-words.ts";
import { PackedTexts, packTexts, unpackTexts } from "#src/domain/packed-texts.ts";
import { ByteReader, ByteWriter } from "#src/wire/bytes.ts";

const someTexts = fc.array(fc.string({ unit: "binary", maxLength: 40 }), { minLength: 1, maxLength: 20 });

function packed(texts: readonly string[]): PackedTexts {
  const all = new PackedTexts();
  for (const text of texts) all.add(text);
  return all;
}

test("texts are packed as UTF-8, whatever characters they have", () => {
  fc.assert(
    fc.property(someTexts, (texts) => {
      const { lengths, count, bytes, used } = packed(texts);

      expect([...lengths.subarray(0, count)]).toEqual(texts.map((text) => text.length));
      expect(bytes.slice(0, used)).toEqual(new TextEncoder().encode(texts.join("")));
    }),
  );
});

test("texts from a store, and texts after others that were cut away, are as if they had been added", () => {
  fc.assert(
    fc.property(someTexts, someTexts, fc.nat(5), (before, texts, offset) => {
      const store = new ByteStore(1);
      store.append(new Uint8Array(offset));
      const start = store.append(packTexts(texts));
      const all = packed(before);
      const [count, used] = [all.count, all.used];
      for (const text of texts) all.add(text);
      const hash = all.hashFrom(used);
      all.cut(count, used);

      expect(all.addPacked(store, start, texts.length)).toBe(hash);
      expect(written(all)).toEqual(written(packed([...before, ...texts])));
    }),
  );
});

test("packed texts are strings again, alone in a store and behind others", () => {
  fc.assert(
    fc.property(someTexts, fc.nat(5), (texts, offset) => {
      const store = new ByteStore(1);
      store.append(new Uint8Array(offset));
      const start = store.append(packTexts(texts));

      expect(unpackTexts(store, start, texts.length)).toEqual(texts);
      expect(packed(texts).strings()).toEqual(texts);
    }),
  );
});

test("packed texts are written as a list of strings is", () => {
  fc.assert(
    fc.property(someTexts, (texts) => {
      const writer = new ByteWriter();
      writer.strings(texts);

      const bytes = written(packed(texts));

      expect(bytes).toEqual(writer.finish());
      expect(new ByteReader(bytes).strings()).toEqual(texts);
    }),
  );
});

function written(texts: PackedTexts): Uint8Array {
  const writer = new ByteWriter();
  writer.packedTexts(texts);
  return writer.finish();
}
