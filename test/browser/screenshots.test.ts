import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { askApi } from "./harness/api.ts";
import { ChartOnPage } from "./harness/chart-on-page.ts";
import { describeBrowser } from "./harness/describe-browser.ts";
import { patience } from "./harness/patience.ts";

/** `npm run screenshots` sets it: the README's pictures are made anew, and only then. */
const isWanted = process.env["EARWORM_SCREENSHOTS"] === "1";
const folder = join(import.meta.dirname, "../../docs/images");
/** Of a second each: then there is something to see in the series by minutes. */
const leastEpochs = 170;
const longestRunMs = 240_000;
const mostBytes = 400_000;

const desk = { width: 1440, height: 1100 };
const pictures = [
  { name: "page-light.png", options: { viewport: desk } },
  { name: "page-dark.png", options: { viewport: desk, colorScheme: "dark" as const } },
  { name: "page-phone.png", options: { viewport: { width: 390, height: 844 } } },
];

describe.runIf(isWanted)("pictures for the README", () => {
  describeBrowser("of a simulated run", ({ start, open }) => {
    test("are written", { timeout: 2 * longestRunMs }, async () => {
      const { url } = await start(["--simulate", "50", "--tick", "1000"]);
      const epochs = async () => (await askApi<{ epoch: number }>(url, "/stats")).epoch;
      await expect.poll(epochs, { timeout: longestRunMs, interval: 1000 }).toBeGreaterThan(leastEpochs);
      mkdirSync(folder, { recursive: true });
      for (const { name, options } of pictures) {
        const { page } = await open(url, options);
        await expect.poll(() => marksOf(page), { timeout: longestRunMs, interval: 200 }).toBeGreaterThan(2);

        const path = join(folder, name);
        await page.screenshot({ path, animations: "disabled" });

        expect(statSync(path).size).toBeLessThan(mostBytes);
      }
    });
  });
});

/** Marks of moves in the first chart; the pictures are to show some. */
async function marksOf(page: Page): Promise<number> {
  const chart = new ChartOnPage(page);
  await expect.poll(async () => (await chart.rows()).length, patience).toBeGreaterThan(10);
  return chart.card.locator(".move:not([data-kind=same])").count();
}
