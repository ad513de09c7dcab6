import fc from "fast-check";
import { expect, test } from "vitest";
import {
  estimateDistinct,
  markOf,
  mergeRegisters,
  noRegisters,
  noteMark,
} from "#src/domain/hyper-log-log.ts";

function registersOf(things: Iterable<string>): Uint8Array {
  const registers = noRegisters();
  for (const thing of things) noteMark(registers, markOf(thing));
  return registers;
}

const someThings = fc.array(fc.string(), { maxLength: 50 });
const someRegisters = someThings.map(registersOf);

test("merging is associative, commutative and idempotent, and nothing changes nothing", () => {
  fc.assert(
    fc.property(someRegisters, someRegisters, someRegisters, (a, b, c) => {
      expect(mergeRegisters(mergeRegisters(a, b), c)).toEqual(mergeRegisters(a, mergeRegisters(b, c)));
      expect(mergeRegisters(a, b)).toEqual(mergeRegisters(b, a));
      expect(mergeRegisters(a, a)).toEqual(a);
      expect(mergeRegisters(a, noRegisters())).toEqual(a);
    }),
  );
});

test("what two saw together is what one sees who sees both, in any order and however often", () => {
  fc.assert(
    fc.property(someThings, someThings, (a, b) => {
      expect(mergeRegisters(registersOf(a), registersOf(b))).toEqual(registersOf([...b, ...a, ...a]));
    }),
  );
});

test("seeing more never makes the estimate smaller", () => {
  const registers = noRegisters();
  let before = 0;
  for (let i = 0; i < 3000; i++) {
    noteMark(registers, markOf(`listener-${i}`));
    const estimate = estimateDistinct(registers);
    // The step from linear counting to the estimate proper may be one down.
    expect(estimate).toBeGreaterThanOrEqual(before * 0.9);
    before = Math.max(before, estimate);
  }
});

test.each([0, 1, 2, 5, 10])("%d distinct things are told exactly", (count) => {
  expect(estimateDistinct(registersOf(Array.from({ length: count }, (_, i) => `user-${i}`)))).toBe(count);
});

/** Of names of several forms; the same in every run. */
test.each([100, 500, 640, 1000, 5000, 50_000])(
  "%d distinct things are told within three standard errors",
  (count) => {
    const standardError = 1.04 / Math.sqrt(256);
    const forms = ["user-", "u", "listener/", "0000", "ann@"];
    const errors = forms.map((form) => {
      const things = Array.from({ length: count }, (_, i) => `${form}${i}`);
      return estimateDistinct(registersOf(things)) / count - 1;
    });

    for (const error of errors) expect(Math.abs(error)).toBeLessThan(3 * standardError);
    const meanSquare = errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length;
    expect(Math.sqrt(meanSquare)).toBeLessThan(1.5 * standardError);
  },
);
