import fc from "fast-check";
import { expect, test } from "vitest";
import { cutNames, earlierEnd } from "#src/domain/bounded-names.ts";

interface Cut {
  readonly names: ReadonlySet<string>;
  readonly end: string | undefined;
}

const bound = 200;
/** Of very different weights, so that a light name often comes behind a heavy one. */
const someNames = fc.array(
  fc.tuple(fc.nat({ max: 99 }), fc.constantFrom(0, 1, 90, 170)).map(([n, more]) => `${n}${"x".repeat(more)}`),
);

function cut(...names: string[]): Cut {
  const kept = new Set(names);
  const end = cutNames(kept, undefined, bound);
  return { names: kept, end };
}

function join(a: Cut, b: Cut): Cut {
  const names = new Set([...a.names, ...b.names]);
  const end = cutNames(names, earlierEnd(a.end, b.end), bound);
  return { names, end };
}

const weightOf = ({ names }: Cut) => [...names].reduce((sum, name) => sum + name.length + 24, 0);

test("parts that were cut and joined give what the whole gives", () => {
  fc.assert(
    fc.property(someNames, someNames, (a, b) => {
      expect(join(cut(...a), cut(...b))).toEqual(cut(...a, ...b));
    }),
    { numRuns: 2000 },
  );
});

test("joining is associative and commutative", () => {
  fc.assert(
    fc.property(someNames, someNames, someNames, (x, y, z) => {
      const [a, b, c] = [cut(...x), cut(...y), cut(...z)];

      expect(join(join(a, b), c)).toEqual(join(a, join(b, c)));
      expect(join(a, b)).toEqual(join(b, a));
    }),
    { numRuns: 1000 },
  );
});

test("what is kept weighs at most the bound, and with the first name left out more", () => {
  fc.assert(
    fc.property(someNames, (names) => {
      const kept = cut(...names);

      expect(weightOf(kept)).toBeLessThanOrEqual(bound);
      expect(kept.end === undefined).toBe(kept.names.size === new Set(names).size);
      if (kept.end !== undefined) expect(weightOf(kept) + kept.end.length + 24).toBeGreaterThan(bound);
    }),
  );
});

test("below and at the bound all names stay, above it one goes", () => {
  const eight = Array.from({ length: 8 }, (_, i) => String(i)); // 25 each: 200

  expect(cut(...eight.slice(1))).toEqual({ names: new Set(eight.slice(1)), end: undefined });
  expect(cut(...eight)).toEqual({ names: new Set(eight), end: undefined });
  expect(cut(...eight, "8").names.size).toBe(8);
  expect(cut(...eight, "8").end).toBeDefined();
});

test("the order of names is fixed: stored profiles were cut by it", () => {
  const names = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i));

  expect([...cut(...names).names].sort().join("")).toBe("cjloqrwy");
  expect(cut(...names).end).toBe("g");
});
