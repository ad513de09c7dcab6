import fc from "fast-check";
import { expect, test } from "vitest";
import { RepeatCounter } from "#cli/repeat-counter.ts";

test("counts as a map does", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30), { maxLength: 200 }), (texts) => {
      const counter = new RepeatCounter();
      const counts = new Map<number, number>();
      for (const text of texts) {
        expect(counter.next(`text ${text}`)).toBe(counts.get(text) ?? 0);
        counts.set(text, (counts.get(text) ?? 0) + 1);
      }
    }),
  );
});

test("knows what came, and takes what shares its hash for it", () => {
  const sameForAll = (_: string, out: { hi: number; lo: number }) => Object.assign(out, { hi: 7, lo: 7 });
  const [plain, clashing] = [new RepeatCounter(), new RepeatCounter(sameForAll)];
  for (const counter of [plain, clashing]) {
    expect(counter.mayHave("a")).toBe(false);
    counter.next("a");
  }

  expect([plain.mayHave("a"), plain.mayHave("b"), clashing.mayHave("b")]).toEqual([true, false, true]);
});

test("keeps its counts while it grows", () => {
  const counter = new RepeatCounter();
  const texts = Array.from({ length: 50_000 }, (_, i) => `text ${i}`);

  expect(texts.filter((text) => counter.next(text) !== 0)).toEqual([]);
  expect(texts.filter((text) => counter.next(text) !== 1)).toEqual([]);
});
