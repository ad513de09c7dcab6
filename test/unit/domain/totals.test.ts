import fc from "fast-check";
import { expect, test } from "vitest";
import { addTotals, noTotals } from "#src/domain/totals.ts";
import { someTotals } from "#test/support/arbitraries.ts";

test("adding totals is associative", () => {
  fc.assert(
    fc.property(someTotals, someTotals, someTotals, (a, b, c) => {
      expect(addTotals(addTotals(a, b), c)).toEqual(addTotals(a, addTotals(b, c)));
    }),
  );
});

test("adding totals is commutative", () => {
  fc.assert(
    fc.property(someTotals, someTotals, (a, b) => {
      expect(addTotals(a, b)).toEqual(addTotals(b, a));
    }),
  );
});

test("adding nothing changes nothing", () => {
  fc.assert(
    fc.property(someTotals, (totals) => {
      expect(addTotals(totals, noTotals)).toEqual(totals);
    }),
  );
});
