import { describe, expect, onTestFinished, test } from "vitest";
import type { PageFile, PageStore } from "#src/ports/page-store.ts";

export interface OpenPageStore {
  readonly store: PageStore;
  /** What is there, by path. */
  readonly files: () => ReadonlyMap<string, PageFile>;
  close(): Promise<void>;
}

export const aFile = (path: string, text = path): PageFile => ({
  path,
  body: Buffer.from(text),
  contentType: "text/plain; charset=utf-8",
  cacheControl: "no-cache",
});

/** What every PageStore does. */
export function pageStoreContract(name: string, open: () => Promise<OpenPageStore>): void {
  const opened = async (): Promise<OpenPageStore> => {
    const opening = await open();
    onTestFinished(opening.close);
    return opening;
  };

  describe(`${name} as a PageStore`, () => {
    test("a file is kept with its type and for how long it may be kept", async () => {
      const { store, files } = await opened();
      const file = { ...aFile("assets/a-12345678.js"), cacheControl: "public, max-age=1, immutable" };

      await store.put(file);
      await store.put(aFile("index.html"));

      expect([...files().values()]).toEqual([file, aFile("index.html")]);
    });

    test("a file replaces the one at its path", async () => {
      const { store, files } = await opened();

      await store.put(aFile("index.html", "old"));
      await store.put(aFile("index.html", "new"));

      expect([...files().values()]).toEqual([aFile("index.html", "new")]);
    });

    test("clearing removes all there is, and again nothing", async () => {
      const { store, files } = await opened();
      for (let n = 0; n < 10; n++) await store.put(aFile(`assets/${n}.txt`));

      await store.clear();
      await store.clear();

      expect(files().size).toBe(0);
    });
  });
}
