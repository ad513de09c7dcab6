import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { runEarworm } from "#test/support/earworm-process.ts";
import { countedPlays } from "./harness/api.ts";
import { ChartOnPage, totalOf } from "./harness/chart-on-page.ts";
import { describeBrowser } from "./harness/describe-browser.ts";
import { focusIsOn } from "./harness/keyboard.ts";
import { patience } from "./harness/patience.ts";
import { PlaysOnPage } from "./harness/plays-on-page.ts";

const refused = { expected: [/status of 40[013]/] };

async function fill(page: Page, texts: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, text] of Object.entries(texts)) await page.getByLabel(label, { exact: true }).fill(text);
}

const add = (page: Page): Promise<void> => page.getByRole("button", { name: "Add play" }).click();

async function useToken(page: Page, token: string): Promise<void> {
  await page.getByLabel("Token", { exact: true }).fill(token);
  await page.getByRole("button", { name: "Use it" }).click();
}

describeBrowser("a play that is added by hand", ({ start, open, dataDir }) => {
  test("is counted, and appears in the chart and among the plays", async () => {
    const { url } = await start();
    const { page } = await open(`${url}/?view=add`);
    const texts = { Artist: "The Alphas", Song: "Alpha", Listener: "ann", "Seconds heard": "200" };

    await fill(page, { ...texts, "Length, seconds": "240", "Rating, 0 to 5": "4", Country: "GB" });
    await add(page);

    await page.getByText(/^Counted, \d+\.\d s after it was added/).waitFor();
    await expect.poll(() => new ChartOnPage(page).names(), patience).toEqual(["Alpha"]);
    await page.getByRole("link", { name: "Overview" }).click();
    const row = new PlaysOnPage(page).row("Alpha");
    expect(await row.innerText()).toMatch(/The Alphas.*GB.*4:00.*3:20.*83 %.*4 ★/s);
    await expect.poll(() => totalOf(page, "Plays"), patience).toBe("1");
  });

  test("wrongly is not added, and the server's reason stands at its field", async () => {
    const { url } = await start();
    const { page } = await open(`${url}/?view=add`, refused);
    await fill(page, { Artist: "The Alphas", Song: "Alpha" });
    const mistakes = [
      { label: "Rating, 0 to 5", name: "rating", text: "nine", right: "4" },
      { label: "Artist", name: "artist", text: "", right: "The Alphas" },
      { label: "Country", name: "country", text: "Atlantis", right: "GB" },
    ];
    for (const { label, name, text, right } of mistakes) {
      await fill(page, { [label]: text });

      await add(page);

      const field = page.getByLabel(label, { exact: true });
      await expect.poll(() => field.getAttribute("aria-invalid"), patience).toBe("true");
      expect(await page.locator(`#play-${name}-error`).innerText()).not.toBe("");
      expect(await field.getAttribute("aria-describedby")).toBe(`play-${name}-error`);
      expect(await focusIsOn(page, `#play-${name}`)).toBe(true);
      await field.fill(right);
      expect(await field.getAttribute("aria-invalid")).toBe("false");
    }
    expect(await countedPlays(url)).toBe(0);

    await add(page);

    await page.getByText(/^Counted, /).waitFor();
    expect(await countedPlays(url)).toBe(1);
  });

  test("takes a token where the server wants one, and so does the listener's page", async () => {
    const { url } = await start(["--require-token"]);
    const made = await runEarworm([
      "token",
      "create",
      "--operator",
      "--label",
      "a test",
      "--data-dir",
      dataDir(),
    ]);
    expect(made.code).toBe(0);
    const token = made.stdout.trim();
    const { page } = await open(`${url}/?view=add`, refused);
    await fill(page, { Artist: "The Alphas", Song: "Alpha", Listener: "ann" });

    await add(page);
    await page.getByText("This takes a token").waitFor();
    await useToken(page, token);

    await page.getByText(/^Counted, /).waitFor();
    const { page: other } = await open(`${url}/?listener=ann`, refused);
    await other.getByText("This takes a token").waitFor();
    await useToken(other, "no-such-token");
    await expect.poll(() => other.getByRole("alert").innerText(), patience).toMatch(/token/);
    await useToken(other, token);
    await other.getByRole("heading", { name: "ann" }).waitFor();
    await expect
      .poll(() => other.getByRole("list", { name: "Just heard" }).innerText(), patience)
      .toContain("Alpha");
  });
});
