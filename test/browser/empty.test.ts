import { expect, test } from "vitest";
import { totalOf } from "./harness/chart-on-page.ts";
import { describeBrowser } from "./harness/describe-browser.ts";
import { patience } from "./harness/patience.ts";

describeBrowser("the page of a server without plays", ({ start, open }) => {
  test("says what to do", async () => {
    const { url } = await start();
    const { page } = await open(url);

    await expect
      .poll(() => page.getByText("Nobody has played anything here yet. Add a play").count(), patience)
      .toBe(2);
    await page.getByText("No plays yet.").waitFor();
    await expect.poll(() => page.getByText("No play of today says.").count(), patience).toBe(4);
    await expect.poll(() => totalOf(page, "Plays"), patience).toBe("0");

    await page.getByRole("navigation").getByRole("link", { name: "Listener" }).click();
    await page.getByText("Type a listener's id").waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Add a play" }).click();
    await page.getByRole("button", { name: "Add play" }).waitFor();
  });
});
