import { describe, expect, test } from "vitest";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
import type { PublicationKey } from "#src/domain/publication-key.ts";
import type { Publication, PublicationStore } from "#src/ports/publication-store.ts";
import { noise, type Open, opened } from "./opened.ts";

const key = "CHART#songs#d.20261120" as PublicationKey;

const aPublication = (epoch: number, body = `{"epoch":${epoch}}`): Publication => ({
  epoch: epoch as EpochNumber,
  body,
});

/** JSON text that cannot be deflated below `bytes`. */
export const aBody = (bytes: number): string =>
  JSON.stringify({ text: Buffer.from(noise(bytes, bytes)).toString("base64") });

/** What every PublicationStore does. */
export function publicationStoreContract(name: string, open: Open<PublicationStore>): void {
  describe(`${name} as a PublicationStore`, () => {
    test("a document that nobody wrote is undefined", async () => {
      const store = await opened(open);

      const publication = await store.read(key);

      expect(publication).toBeUndefined();
    });

    test("a document comes back as it was written", async () => {
      const store = await opened(open);

      const outcome = await store.write(key, aPublication(1));

      expect(outcome).toBe("written");
      expect(await store.read(key)).toEqual(aPublication(1));
    });

    test("a later epoch replaces the whole document", async () => {
      const store = await opened(open);
      await store.write(key, aPublication(1, "a".repeat(10_000)));

      const outcome = await store.write(key, aPublication(4, "b"));

      expect(outcome).toBe("written");
      expect(await store.read(key)).toEqual(aPublication(4, "b"));
    });

    test("the same epoch is already there and what it wrote stays", async () => {
      const store = await opened(open);
      await store.write(key, aPublication(3, "first"));

      const outcome = await store.write(key, aPublication(3, "second"));

      expect(outcome).toBe("already");
      expect(await store.read(key)).toEqual(aPublication(3, "first"));
    });

    test("an older epoch is a StaleEpochError and changes nothing", async () => {
      const store = await opened(open);
      await store.write(key, aPublication(3));

      const late = store.write(key, aPublication(2));

      await expect(late).rejects.toBeInstanceOf(StaleEpochError);
      expect(await store.read(key)).toEqual(aPublication(3));
    });

    test("epochs are compared as numbers", async () => {
      const store = await opened(open);
      await store.write(key, aPublication(9));

      const outcome = await store.write(key, aPublication(10));

      expect(outcome).toBe("written");
      await expect(store.write(key, aPublication(9))).rejects.toBeInstanceOf(StaleEpochError);
    });

    test("two runs of one epoch at the same time write once", async () => {
      const store = await opened(open);
      const runs = ["a", "b", "c"].map((body) => aPublication(1, body));

      const outcomes = await Promise.all(runs.map((run) => store.write(key, run)));

      expect([...outcomes].sort()).toEqual(["already", "already", "written"]);
      expect(await store.read(key)).toEqual(runs[outcomes.indexOf("written")]);
    });

    test("documents do not see each other", async () => {
      const store = await opened(open);
      const keys = ["CHART#songs#all", "CHART#songs", "TRENDING", "RECENT", "chart#songs#all"];

      for (const [index, each] of keys.entries()) {
        await store.write(each as PublicationKey, aPublication(index + 1));
      }

      for (const [index, each] of keys.entries()) {
        expect(await store.read(each as PublicationKey)).toEqual(aPublication(index + 1));
      }
    });

    test("a document of megabytes is replaced by a larger one, then by a small one", async () => {
      const store = await opened(open);

      for (const [index, body] of [aBody(2 ** 21), aBody(2 ** 21 + 2 ** 20), aBody(9)].entries()) {
        const outcome = await store.write(key, aPublication(index + 1, body));
        const read = await store.read(key);

        expect([outcome, read?.epoch]).toEqual(["written", index + 1]);
        expect(read?.body === body).toBe(true);
      }
    });

    test("a document of megabytes stays when the same or an older epoch writes another", async () => {
      const store = await opened(open);
      const stored = aBody(2 ** 21);
      await store.write(key, aPublication(2, stored));

      const outcomes = [
        await store.write(key, aPublication(2, stored)),
        await store.write(key, aPublication(2, aBody(2 ** 20))),
      ];
      const late = store.write(key, aPublication(1, aBody(2 ** 20)));

      await expect(late).rejects.toBeInstanceOf(StaleEpochError);
      const read = await store.read(key);
      expect([...outcomes, read?.epoch]).toEqual(["already", "already", 2]);
      expect(read?.body === stored).toBe(true);
    });

    test.each([
      ["of 300 KB", aBody(225 * 1024)],
      ["that is empty", ""],
      ["in many alphabets", '{"a":"日本 🎵 é e\u0301 \uffff \u0000 \\" \\\\"}'],
    ])("a body %s comes back character for character", async (_, body) => {
      const store = await opened(open);
      await store.write(key, aPublication(1, body));

      const publication = await store.read(key);

      expect(publication?.body === body).toBe(true);
    });
  });
}
