import fc from "fast-check";
import { expect, test } from "vitest";
import { entriesBefore, origin, positionAt } from "#src/domain/position.ts";

const sequenceNumber = fc.bigInt({ min: 1n, max: 10n ** 56n - 1n });
const entries = fc.integer({ min: 1, max: 9_999_999 });

test("positions sort as sequence numbers of up to 56 digits do, then by entry", () => {
  fc.assert(
    fc.property(sequenceNumber, entries, sequenceNumber, entries, (a, i, b, j) => {
      const expected = a === b ? i - j : a < b ? -1 : 1;

      const [x, y] = [positionAt(String(a), i), positionAt(String(b), j)];

      expect(x < y ? -1 : x > y ? 1 : 0).toBe(Math.sign(expected));
    }),
  );
});

test("a position tells how much of a record it includes", () => {
  const position = positionAt("49590338271490256608559692538361571095921575989136588898", 7);

  expect(entriesBefore(position, "49590338271490256608559692538361571095921575989136588898")).toBe(7);
  expect(entriesBefore(position, "49590338271490256608559692538361571095921575989136588899")).toBe(0);
  expect(entriesBefore(position, "9")).toBe(Number.POSITIVE_INFINITY);
  expect(entriesBefore(origin, "1")).toBe(0);
});
