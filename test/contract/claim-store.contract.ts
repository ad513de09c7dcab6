import { describe, expect, test } from "vitest";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { EventId } from "#src/domain/play.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";
import { type Open, opened } from "./opened.ts";

const ids = (...texts: readonly string[]): readonly EventId[] => texts as readonly EventId[];
const epoch = (n: number): EpochNumber => n as EpochNumber;

/** What every ClaimStore does. */
export function claimStoreContract(name: string, open: Open<ClaimStore>): void {
  describe(`${name} as a ClaimStore`, () => {
    test("an id that nobody claimed is nobody's", async () => {
      const store = await opened(open);

      expect(await store.read(ids("a", "b"))).toEqual(new Map());
      expect(await store.read([])).toEqual(new Map());
    });

    test("an id becomes the epoch's that claims it first", async () => {
      const store = await opened(open);

      const own = await store.claim(epoch(3), ids("a", "b"));

      expect(own).toEqual(new Set(["a", "b"]));
      expect(await store.read(ids("b", "c", "a"))).toEqual(
        new Map([
          ["a", 3],
          ["b", 3],
        ]),
      );
    });

    test("claiming nothing is possible and gives nothing", async () => {
      const store = await opened(open);

      expect(await store.claim(epoch(1), [])).toEqual(new Set());
    });

    test("claiming again for the same epoch answers the same, together with what is new", async () => {
      const store = await opened(open);
      await store.claim(epoch(3), ids("a"));

      expect(await store.claim(epoch(3), ids("b", "a"))).toEqual(new Set(["a", "b"]));
      expect(await store.claim(epoch(3), ids("b", "a"))).toEqual(new Set(["a", "b"]));
    });

    test("an id of an earlier epoch is refused and stays that one's, and the others are not", async () => {
      const store = await opened(open);
      await store.claim(epoch(3), ids("a", "b"));

      const own = await store.claim(epoch(4), ids("b", "c"));

      expect(own).toEqual(new Set(["c"]));
      expect(await store.read(ids("a", "b", "c"))).toEqual(
        new Map([
          ["a", 3],
          ["b", 3],
          ["c", 4],
        ]),
      );
    });

    test("an id of a later epoch says that whoever asks is out of date, and stays", async () => {
      const store = await opened(open);
      await store.claim(epoch(4), ids("a"));

      await expect(store.claim(epoch(3), ids("a"))).rejects.toThrow(StaleEpochError);
      await expect(store.claim(epoch(3), ids("a"))).rejects.toThrow(
        "the claim of event a already belongs to epoch 4",
      );
      expect(await store.read(ids("a"))).toEqual(new Map([["a", 4]]));
    });

    test("an id that is named twice in one call is claimed, and found, once", async () => {
      const store = await opened(open);

      expect(await store.claim(epoch(1), ids("a", "a"))).toEqual(new Set(["a"]));
      expect(await store.claim(epoch(2), ids("a", "a"))).toEqual(new Set());
      expect(await store.read(ids("a", "a"))).toEqual(new Map([["a", 1]]));
    });

    test("ids are told apart by each character, and may have any of an event id's", async () => {
      const store = await opened(open);
      const some = ids("a", "A", "a.", "a:", "a-", "a_", "0", "00", "x".repeat(128), "__proto__");

      expect((await store.claim(epoch(1), some)).size).toBe(some.length);
      expect(await store.claim(epoch(2), ids("x".repeat(127), "x".repeat(128)))).toEqual(
        new Set(["x".repeat(127)]),
      );
    });

    test("two runs of an epoch that claim at once are told the same", async () => {
      const store = await opened(open);
      const all = ids(...Array.from({ length: 40 }, (_, i) => `e${i}`));

      const [a, b] = await Promise.all([store.claim(epoch(1), all), store.claim(epoch(1), all)]);

      expect(a).toEqual(new Set(all));
      expect(b).toEqual(new Set(all));
    });

    test("thousands of ids are claimed and read in one call", async () => {
      const store = await opened(open);
      const all = ids(...Array.from({ length: 2_500 }, (_, i) => `e${i}`));
      await store.claim(epoch(1), all.slice(0, 1_000));

      const own = await store.claim(epoch(2), all);

      expect(own).toEqual(new Set(all.slice(1_000)));
      expect(await store.read(all)).toEqual(new Map(all.map((id, i) => [id, i < 1_000 ? 1 : 2])));
    });
  });
}
