import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, test } from "vitest";
import { DevBench } from "#test/support/dev-bench.ts";
import type { DevProcess } from "#test/support/earworm-process.ts";
import { findChromium, howToGetChromium, startChromium } from "./chromium.ts";
import { type OpenOptions, WatchedPage } from "./watched-page.ts";

/** What a suite gets. */
export interface Browsing {
  /** Starts `earworm dev` over a data directory of the test's own; again, over the same one. */
  start(options?: readonly string[]): Promise<DevProcess>;
  /** That data directory, for other commands. */
  dataDir(): string;
  /** Opens an address in a window of its own, and keeps what it complains about. */
  open(url: string, options?: OpenOptions): Promise<WatchedPage>;
}

/**
 * Runs a suite with real Chromium. Skips where there is none; with CI=true that is an error. No page may complain: whatever a
 * test did not ask for (`complaints`) fails it.
 */
export function describeBrowser(name: string, suite: (browsing: Browsing) => void): void {
  const path = findChromium();
  if (path === undefined) {
    if (process.env["CI"] === "true") throw new Error(howToGetChromium);
    console.warn(`skipped: ${howToGetChromium}`);
    describe(name, () => test.skip(howToGetChromium));
    return;
  }
  describe(name, () => {
    let browser: Browser | undefined;
    let bench = new DevBench();
    const pages: WatchedPage[] = [];
    beforeAll(async () => {
      browser = await startChromium(path);
    });
    afterEach(async () => {
      const complaints = pages.flatMap((page) => page.complaints);
      for (const page of pages.splice(0)) await page.close();
      await bench.end();
      bench = new DevBench();
      if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join("; ")}`);
    });
    afterAll(async () => {
      await browser?.close();
      await bench.end();
    });

    suite({
      start: (options) => bench.start(options),
      dataDir: () => bench.dataDir,
      async open(url, options) {
        if (browser === undefined) throw new Error("the browser is asked for before it was started");
        const page = await WatchedPage.open(browser, url, options);
        pages.push(page);
        return page;
      },
    });
  });
}
