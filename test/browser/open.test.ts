import { expect, test } from "vitest";
import { describeBrowser } from "./harness/describe-browser.ts";

describeBrowser("the page", ({ bench, open }) => {
  test("shows what is played without being asked twice", async () => {
    const { url } = await bench.start(["--simulate", "50", "--tick", "500"]);

    const { page } = await open(url);

    await page.getByRole("heading", { name: /hot/i }).first().waitFor();
    await page.getByRole("listitem").first().waitFor();
    expect(await page.title()).toContain("Earworm");
  });
});
