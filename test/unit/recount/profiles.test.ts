import fc from "fast-check";
import { expect, test } from "vitest";
import { hash64 as domainHash } from "#src/domain/hash64.ts";
import { cutArtists, cutHeard } from "#src/domain/profile.ts";
import { hash64 } from "#src/recount/hash64.ts";
import { emptyProfile, keptArtists, keptHeard } from "#src/recount/profiles.ts";

test("names have the hash by which a profile orders them", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const { hi, lo } = domainHash(text, { hi: 0, lo: 0 });

      expect(hash64(text, [0, 0])).toEqual([hi, lo]);
    }),
  );
}, 60_000);

const names = (count: number, length: number, ending: string): string[] =>
  Array.from({ length: count }, (_, i) => `${i} ${"é".repeat(length)}${ending}`);

// 1,000,000 / (5 + 200 + 24) = 4366; 4,000,000 / (5 + 200 + 24) = 17467.
test.each([
  ["fewer artists than a profile keeps", 4300],
  ["about as many artists", 4370],
  ["more artists", 6000],
])("%s are those that it keeps", (_, count) => {
  const all = [...names(count, 198, ""), ...names(40, 5, "x")];
  const profile = emptyProfile();
  for (const name of all) profile.artists.set(name, { plays: 1, firstHeardAt: 0 });
  const stored = new Map(all.map((name) => [name, 1])) as unknown as Parameters<typeof cutArtists>[0];

  const end = cutArtists(stored, undefined);

  const kept = keptArtists(profile);
  expect(kept.end).toBe(end);
  expect(kept.names).toEqual(new Set(stored.keys()));
});

test.each([17_000, 18_000])("of %d tracks those are kept that a profile keeps", (count) => {
  const all = names(count, 198, "");
  const profile = emptyProfile();
  for (const name of all) profile.heard.add(name);
  const stored = new Set(all) as unknown as Parameters<typeof cutHeard>[0];

  const end = cutHeard(stored, undefined);

  const kept = keptHeard(profile);
  expect(kept.end).toBe(end);
  expect(kept.names.size).toBe(stored.size);
  expect(kept.names).toEqual(stored);
});
