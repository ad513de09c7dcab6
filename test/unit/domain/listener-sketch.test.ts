import fc from "fast-check";
import { expect, test } from "vitest";
import { bucketsOf, estimateListeners, sketchOf, sketchOfBuckets } from "#src/domain/listener-sketch.ts";

const unionOf = (users: readonly string[]): bigint => users.map(sketchOf).reduce((a, b) => a | b, 0n);
const someUsers = fc.array(fc.string(), { maxLength: 80 });

test("a listener is in one bucket of 64, always the same", () => {
  fc.assert(
    fc.property(fc.string(), (user) => {
      expect(bucketsOf(sketchOf(user))).toHaveLength(1);
      expect(sketchOf(user)).toBe(sketchOf(user));
    }),
  );
});

test("who is noted twice, or in another order, changes nothing", () => {
  fc.assert(
    fc.property(someUsers, (users) => {
      expect(unionOf([...users].reverse().concat(users))).toBe(unionOf(users));
    }),
  );
});

test("buckets and sketch stand for each other", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (sketch) => {
      expect(sketchOfBuckets(bucketsOf(sketch))).toBe(sketch);
    }),
  );
});

test("the estimate follows from how many buckets are taken, whichever they are", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (sketch) => {
      const empty = Math.max(1, 64 - bucketsOf(sketch).length);
      expect(estimateListeners(sketch)).toBe(Math.round(64 * Math.log(64 / empty)));
    }),
  );
});

test("nobody is 0, one is 1, and a sketch that is full stands for 266 or more", () => {
  expect(estimateListeners(0n)).toBe(0);
  expect(estimateListeners(sketchOf("ann"))).toBe(1);
  expect(estimateListeners(2n ** 63n - 1n)).toBe(266);
  expect(estimateListeners(2n ** 64n - 1n)).toBe(266);
});

test("four listeners never come to five, and a hundred to about a hundred on average", () => {
  const estimates = (listeners: number) =>
    Array.from({ length: 400 }, (_, round) =>
      estimateListeners(unionOf(Array.from({ length: listeners }, (__, i) => `user-${round}-${i}`))),
    );
  const mean = (figures: readonly number[]) => figures.reduce((a, b) => a + b, 0) / figures.length;

  expect(Math.max(...estimates(4))).toBeLessThan(5);
  expect(mean(estimates(10))).toBeCloseTo(10, 0);
  expect(Math.abs(mean(estimates(100)) - 100)).toBeLessThan(5);
});
