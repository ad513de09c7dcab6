import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { IdentityCounter, type IdentityLimits } from "#cli/identity-counter.ts";

type Identity = readonly [startedAt: number, hi: number, lo: number];

/** So few that spans are divided, put away and brought back all the time. */
const small: IdentityLimits = { most: 8, spans: 2 };
const word = fc.oneof(fc.constantFrom(0, 1, 0x8000_0000, 0xffff_ffff), fc.nat(3));
/** From few seconds, and from ones that a signed word cannot hold. */
const time = fc.oneof(
  fc.nat(3_000),
  fc.integer({ min: 2 ** 31 - 5, max: 2 ** 31 + 5 }).map((second) => second * 1000),
  fc.integer({ min: 1_033_430_400_000, max: 4_000_000_000_000 }),
);
const identity = fc.tuple(time, word, word);

let counter = new IdentityCounter();

afterEach(() => counter.close());

/** How often each came before, as a map has it. */
function expectedOf(identities: readonly Identity[]): readonly number[] {
  const counts = new Map<string, number>();
  return identities.map(([startedAt, hi, lo]) => {
    const key = `${Math.floor(startedAt / 1000)} ${hi | 0} ${lo | 0}`;
    const before = counts.get(key) ?? 0;
    counts.set(key, before + 1);
    return before;
  });
}

function countAll(identities: readonly Identity[], limits?: IdentityLimits): readonly number[] {
  counter.close();
  counter = new IdentityCounter(limits);
  return identities.map((each) => counter.next(...each));
}

test("counts as a map does, in any order of times", () => {
  fc.assert(
    fc.property(fc.array(identity, { maxLength: 400, size: "max" }), (identities) => {
      expect(countAll(identities, small)).toEqual(expectedOf(identities));
    }),
  );
});

test("counts as a map does where times are in order, and come a second time", () => {
  fc.assert(
    fc.property(fc.array(identity, { maxLength: 200, size: "max" }), (identities) => {
      const sorted = identities.toSorted(([a], [b]) => a - b);
      const twice = [...sorted, ...sorted];

      expect(countAll(twice, small)).toEqual(expectedOf(twice));
    }),
  );
});

test("plays of one second are not parted, however many there are", () => {
  const identities = Array.from({ length: 500 }, (_, i) => [1000 + i, i % 250, 0] as const);

  expect(countAll(identities, small)).toEqual(expectedOf(identities));
});

test("keeps its counts where most of a file is no longer in memory", () => {
  const identities = Array.from(
    { length: 400_000 },
    (_, i) => [i * 100, Math.imul(i, 0x9e3779b1), i] as const,
  );

  expect(countAll(identities).every((before) => before === 0)).toBe(true);
  expect(identities.every((each) => counter.next(...each) === 1)).toBe(true);
});
