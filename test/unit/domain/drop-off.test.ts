import fc from "fast-check";
import { expect, test } from "vitest";
import { dropOffOf } from "#src/domain/drop-off.ts";
import { someTenths } from "#test/support/arbitraries.ts";

test("at each tenth of the track those still listen who end there or later", () => {
  fc.assert(
    fc.property(someTenths, (tenths) => {
      const dropOff = dropOffOf(tenths);

      const sumFrom = (tenth: number) => tenths.slice(tenth).reduce((sum, count) => sum + count, 0);
      const plays = sumFrom(0);
      expect(dropOff).toEqual(
        plays === 0 ? undefined : { plays, stillListening: tenths.map((_, tenth) => sumFrom(tenth) / plays) },
      );
    }),
  );
});
