import { expect, onTestFinished, test } from "vitest";
import { S3PageStore } from "#src/adapters/s3/s3-page-store.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { PageFile } from "#src/ports/page-store.ts";
import { aFile, pageStoreContract } from "./page-store.contract.ts";
import { s3DoubleWithClient, undeletable } from "./s3-double.ts";

async function aPageStore(bucket = "page") {
  const { double, client, close } = await s3DoubleWithClient("page");
  const files = (): Map<string, PageFile> =>
    new Map(
      [...double.objects].map(([path, body]) => {
        const { "content-type": contentType = "", "cache-control": cacheControl = "" } =
          double.headers.get(path) ?? {};
        return [path, { path, body, contentType, cacheControl }];
      }),
    );
  return { store: new S3PageStore(client, bucket), files, close };
}

pageStoreContract("S3PageStore", () => aPageStore());

async function openedStore(bucket?: string): Promise<S3PageStore> {
  const { store, close } = await aPageStore(bucket);
  onTestFinished(close);
  return store;
}

test("a bucket that is missing is an error that names it", async () => {
  const store = await openedStore("another");

  for (const work of [() => store.clear(), () => store.put(aFile("index.html"))]) {
    await expect(work()).rejects.toThrow(StoreError);
    await expect(work()).rejects.toThrow(/^page s3:\/\/another\/.*NoSuchBucket/);
  }
});

test("a file that cannot be removed is an error that names it, and not tried for ever", async () => {
  const store = await openedStore();
  await store.put(aFile(undeletable));

  await expect(store.clear()).rejects.toThrow(`page s3://page/${undeletable}: AccessDenied`);
});
