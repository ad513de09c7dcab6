import { expect, test } from "vitest";
import { pageFile } from "#functions/hosting/page-file.ts";
import { buildPage } from "#local/http/built-page.ts";

test("every file of the built page can be published, and all but the document may be kept for good", async () => {
  const files = (await buildPage()).map(({ name, body }) => pageFile(name, body));

  expect(files.length).toBeGreaterThanOrEqual(3);
  const notKept = files.filter(({ cacheControl }) => cacheControl === "no-cache").map(({ path }) => path);
  expect(notKept).toEqual(["index.html"]);
});
