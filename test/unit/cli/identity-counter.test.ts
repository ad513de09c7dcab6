import fc from "fast-check";
import { expect, test } from "vitest";
import { IdentityCounter } from "#cli/identity-counter.ts";

const word = fc.oneof(fc.constantFrom(0, 1, 0xffff_ffff), fc.nat(5), fc.nat(0xffff_ffff));

test("counts as a map does; a low word of 0 is one of 1", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word), { maxLength: 300 }), (identities) => {
      const counter = new IdentityCounter();
      const counts = new Map<string, number>();
      for (const [hi, lo] of identities) {
        const key = `${hi} ${lo || 1}`;
        expect(counter.next(hi, lo)).toBe(counts.get(key) ?? 0);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }),
  );
});

test("keeps its counts while it grows", () => {
  const counter = new IdentityCounter();
  const identities = Array.from({ length: 50_000 }, (_, i) => [Math.imul(i, 0x9e3779b1) >>> 0, i] as const);

  expect(identities.filter(([hi, lo]) => counter.next(hi, lo) !== 0)).toEqual([]);
  expect(identities.filter(([hi, lo]) => counter.next(hi, lo) !== 1)).toEqual([]);
});
