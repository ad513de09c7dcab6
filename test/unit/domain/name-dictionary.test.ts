import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteStore } from "#src/domain/byte-words.ts";
import { NameDictionary, textKind, trackKind } from "#src/domain/name-dictionary.ts";
import { packTexts } from "#src/domain/packed-texts.ts";
import { Name } from "#src/domain/play-row.ts";
import type { SegmentTrack } from "#src/domain/segment.ts";

test("a value has one index, whichever name it comes by, and whatever dictionary saw the name in between", () => {
  const names = fc.array(fc.tuple(fc.string({ maxLength: 2 }), fc.boolean(), fc.boolean()), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(names, (uses) => {
      const dictionary = new NameDictionary<string>(textKind);
      const store = new ByteStore(1);
      dictionary.indexOf(new Name("of the segment before"));
      dictionary.clear();
      const other = new NameDictionary<string>(textKind);
      const shared = new Map<string, Name<string>>();
      const expected: string[] = [];
      for (const [text, isFresh, isKept] of uses) {
        const name = isFresh ? new Name(text) : (shared.get(text) ?? new Name(text));
        if (isKept) name.keptIn(store, store.append(packTexts([text])));
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
  const dictionary = new NameDictionary<string>(textKind);
  const names = Array.from({ length: 5000 }, (_, i) => new Name(`user-${i}`));
  for (const name of names) dictionary.indexOf(name);

  const again = names.map(({ value }) => dictionary.indexOf(new Name(value)));

  expect(again).toEqual(names.map((_, i) => i));
});

test("tracks that differ in one field are tracks of their own", () => {
  const dictionary = new NameDictionary<SegmentTrack>(trackKind);
  const track = { id: "t", artist: "a", title: "s", genre: "g" } as SegmentTrack;
  const variants = [track, ...Object.keys(track).map((field) => ({ ...track, [field]: "other" }))];

  const indexes = [...variants, ...variants].map((each) => dictionary.indexOf(new Name({ ...each })));

  expect(indexes).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
  expect(dictionary.bytes).toBeGreaterThanOrEqual(5 * 4);
});
