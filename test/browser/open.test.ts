import { expect, test } from "vitest";
import { describeBrowser } from "./harness/describe-browser.ts";

const openings = 3;
/** What a machine in a hurry may take, ms. */
const longestMs = 5000;
/** What is aimed at on a quiet one, ms. */
const aimMs = 1000;
const mostScriptBytes = 100_000;

interface Transfer {
  readonly name: string;
  readonly encodedBodySize: number;
  readonly decodedBodySize: number;
}

describeBrowser("the page, when it is opened,", ({ start, open }) => {
  test("has its first chart on screen soon, without a complaint", async () => {
    const { url } = await start(["--simulate", "50", "--tick", "500"]);
    const times: number[] = [];
    for (let opening = 0; opening < openings; opening++) {
      const { page } = await open(url);
      await page.getByRole("list", { name: "Hot now" }).getByRole("listitem").first().waitFor();
      times.push(await page.evaluate<number>("performance.now()")); // since the navigation began
      expect(await page.title()).toContain("Earworm");
    }

    const best = Math.min(...times);

    const verdict = best <= aimMs ? "met" : "not met, on this machine as busy as it is";
    console.info(`first chart on screen after ${best.toFixed(0)} ms; the aim of ${aimMs} ms is ${verdict}`);
    expect(best).toBeLessThan(longestMs);
  });

  test("loads less than 100 KB of scripts", async () => {
    const { url } = await start();
    const { page } = await open(url);
    await page.getByText("Nobody has played anything here yet.").first().waitFor();

    const transfers = await page.evaluate<Transfer[]>(
      `performance.getEntriesByType("resource").map(({ name, encodedBodySize, decodedBodySize }) =>
        ({ name, encodedBodySize, decodedBodySize }))`,
    );

    const scripts = transfers.filter(({ name }) => name.endsWith(".js"));
    const sent = scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
    console.info(`${sent} bytes of scripts were sent`);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(mostScriptBytes);
    for (const { encodedBodySize, decodedBodySize } of scripts) {
      expect(encodedBodySize).toBeLessThan(decodedBodySize);
    }
  });
});
