import fc from "fast-check";
import { expect, test } from "vitest";
import { Arrivals } from "#src/recount/arrivals.ts";

test("an id's last arrival and its claim are what a map says, however many there are", () => {
  const ids = fc.array(fc.tuple(fc.nat(6000), fc.nat(1000), fc.boolean()), {
    minLength: 8000,
    maxLength: 9000,
  });
  fc.assert(
    fc.property(ids, (all) => {
      const arrivals = new Arrivals();
      const expected = new Map<string, number>();
      const claimed = new Set<string>();
      for (const [number, at, isClaimed] of all) {
        const id = `id-${number}`;
        expect(arrivals.note(id, at)).toBe(expected.get(id));
        expected.set(id, at);
        if (!isClaimed) continue;
        expect(arrivals.claim(id)).toBe(!claimed.has(id));
        claimed.add(id);
      }
      expect(arrivals.size).toBe(expected.size);
    }),
    { numRuns: 5 },
  );
}, 60_000);
