import fc from "fast-check";
import { expect, test } from "vitest";
import { DictionaryNumbers } from "#src/domain/dictionary-numbers.ts";
import { ListenerFold } from "#src/domain/listener-fold.ts";
import { Numbering } from "#src/domain/numbering.ts";
import { SegmentBuilder } from "#src/domain/segment-builder.ts";

const someDictionary = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f"), { minLength: 1 });
/** Several dictionaries, and which of them are used one after the other, and which of its entries. */
const someUses = fc.array(someDictionary, { minLength: 1, maxLength: 3 }).chain((dictionaries) =>
  fc.record({
    dictionaries: fc.constant(dictionaries),
    uses: fc.array(
      fc.record({ which: fc.nat(dictionaries.length - 1), places: fc.array(fc.nat(), { maxLength: 5 }) }),
    ),
  }),
);

test("a name has one number, whichever dictionaries name it, and only once it is used", () => {
  fc.assert(
    fc.property(someUses, ({ dictionaries, uses }) => {
      const numbering = new Numbering<string>();
      const numbers = new DictionaryNumbers<string>((name, isNew) =>
        isNew ? numbering.add(name) : numbering.numberOf(name),
      );
      const used: string[] = [];

      for (const { which, places } of uses) {
        const dictionary = dictionaries[which] ?? [];
        const column = Uint32Array.from(places, (place) => place % dictionary.length);
        const found = numbers.of(dictionary, column);
        for (const place of column) {
          expect(numbering.names[found[place] ?? -1]).toBe(dictionary[place]);
          used.push(dictionary[place] ?? "");
        }
      }

      expect(numbering.names).toEqual([...new Set(used)]);
    }),
  );
});

test("a dictionary may grow", () => {
  const dictionary = ["a"];
  const numbers = new DictionaryNumbers<string>((name) => name.charCodeAt(0));
  numbers.of(dictionary, Uint32Array.of(0));
  dictionary.push("b", "c");

  expect([...numbers.of(dictionary, Uint32Array.of(2)).subarray(0, 3)]).toEqual([97, -2, 99]);
});

test("a fold takes no plays once its deltas were asked for", () => {
  const fold = new ListenerFold();
  expect([...fold.deltas()]).toEqual([]);

  expect(() => fold.add(new SegmentBuilder().finish(() => 0))).toThrow(TypeError);
});
