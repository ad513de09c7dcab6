import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteStore } from "#src/domain/byte-words.ts";
import { KeptName, type Name, PlainName, textKind, trackKind } from "#src/domain/name.ts";
import { NameDictionary } from "#src/domain/name-dictionary.ts";
import { packTexts } from "#src/domain/packed-texts.ts";
import type { SegmentTrack } from "#src/domain/segment.ts";

test("a value has one index, whichever name it comes by, and whatever dictionary saw the name in between", () => {
  const names = fc.array(fc.tuple(fc.string({ maxLength: 2 }), fc.boolean(), fc.boolean()), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(names, (uses) => {
      const dictionary = new NameDictionary<string>(textKind());
      const store = new ByteStore(1);
      dictionary.indexOf(new PlainName("of the segment before"));
      dictionary.clear();
      const other = new NameDictionary<string>(textKind());
      const shared = new Map<string, Name<string>>();
      const expected: string[] = [];
      for (const [text, isFresh, isKept] of uses) {
        const kept = new KeptName(textKind(), store);
        const fresh = () =>
          isKept ? kept.moveTo(store, store.append(packTexts([text]))) : new PlainName(text);
        const name = isFresh ? fresh() : (shared.get(text) ?? fresh());
        shared.set(text, name);
        if (isFresh) other.indexOf(name);
        if (!expected.includes(text)) expected.push(text);

        expect(dictionary.indexOf(name)).toBe(expected.indexOf(text));
      }
      expect(dictionary.values).toEqual(expected);
      expect(dictionary.texts.count).toBe(expected.length);
    }),
  );
});

test("thousands of names keep their indexes as the table grows", () => {
  const dictionary = new NameDictionary<string>(textKind());
  const names = Array.from({ length: 5000 }, (_, i) => new PlainName(`user-${i}`));
  for (const name of names) dictionary.indexOf(name);

  const again = names.map(({ value }) => dictionary.indexOf(new PlainName(value)));

  expect(again).toEqual(names.map((_, i) => i));
});

test("tracks that differ in one field are tracks of their own", () => {
  const dictionary = new NameDictionary<SegmentTrack>(trackKind);
  const track = { id: "t", artist: "a", title: "s", genre: "g" } as SegmentTrack;
  const variants = [track, ...Object.keys(track).map((field) => ({ ...track, [field]: "other" }))];

  const indexes = [...variants, ...variants].map((each) => dictionary.indexOf(new PlainName({ ...each })));

  expect(indexes).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
  expect(dictionary.values).toEqual(variants);
  expect(dictionary.bytes).toBeGreaterThanOrEqual(5 * 4);
});
