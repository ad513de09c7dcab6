import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { DevProcess } from "#test/support/earworm-process.ts";
import { ChartOnPage } from "./harness/chart-on-page.ts";
import { describeBrowser } from "./harness/describe-browser.ts";
import { seriousFindings } from "./harness/findings.ts";
import { focusIsOn, tabTo } from "./harness/keyboard.ts";
import { justHeard, playsOf, putAndCount } from "./harness/kinesis-sender.ts";
import { patience } from "./harness/patience.ts";

const phone = { viewport: { width: 390, height: 844 } };

describeBrowser("the page", ({ start, open }) => {
  /** A server whose lists all have something in them. */
  async function busyServer(): Promise<DevProcess> {
    const server = await start();
    const labels = { mood: "calm", platform: "ios", geo: { country: "GB", city: "Leeds" }, rating: 4 };
    const track = { id: "own", title: "Own", artist: "The Owns", genre: "Rock", durationMs: 200_000 };
    const own = justHeard({ userId: "ann", track, ...labels });
    await putAndCount(server, [own, ...playsOf("Alpha", 8), ...playsOf("Beta", 3)]);
    return server;
  }

  const showsChart = (page: Page) =>
    expect.poll(() => new ChartOnPage(page).names(), patience).toEqual(["Alpha", "Beta", "Own"]);

  test("has no serious finding of axe-core: overview, light and dark, at a desk and on a phone", async () => {
    const { url } = await busyServer();
    for (const options of [
      {},
      { colorScheme: "dark" as const },
      phone,
      { ...phone, colorScheme: "dark" as const },
    ]) {
      const { page } = await open(`${url}/?details=yes`, options);
      await showsChart(page);
      await page.locator("table.plays tbody tr").first().waitFor();

      expect(await seriousFindings(page)).toEqual([]);
    }
  });

  test("has no serious finding of axe-core: song, genre, listener and the form with an error", async () => {
    const { url } = await busyServer();
    const { page } = await open(`${url}/?song=own`, { expected: [/status of 400/] });
    await page.getByRole("heading", { name: "Who is still listening" }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);

    await page.goto(`${url}/?by=genre&value=Rock`);
    await page.getByText("Approximate.").waitFor();
    expect(await seriousFindings(page)).toEqual([]);

    await page.goto(`${url}/?listener=ann`);
    await page.getByRole("list", { name: "To hear next" }).getByRole("listitem").first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);

    await page.goto(`${url}/?view=add`);
    await page.getByLabel("Artist", { exact: true }).fill("The Alphas");
    await page.getByLabel("Song", { exact: true }).fill("Alpha");
    await page.getByLabel("Rating, 0 to 5").fill("nine");
    await page.getByRole("button", { name: "Add play" }).click();
    await expect.poll(() => focusIsOn(page, "#play-rating[aria-invalid=true]"), patience).toBe(true);
    expect(await seriousFindings(page)).toEqual([]);
  });

  test("can be used with the keyboard alone", async () => {
    const { url } = await busyServer();
    const { page } = await open(url);
    await showsChart(page);
    const chart = new ChartOnPage(page);

    await tabTo(page, "[name=list]");
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => chart.names(), patience).toContain("Artist of Alpha");
    await page.keyboard.press("ArrowLeft");
    await showsChart(page);

    await tabTo(page, "[name=left-window]");
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => chart.title(), patience).toBe("Hot, 24 h");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => chart.title(), patience).toBe("Hot now");

    await tabTo(page, "ol.chart a");
    await page.keyboard.press("Enter");
    const drawer = page.getByRole("dialog", { name: "Alpha" });
    await drawer.getByRole("heading", { name: "Ranks" }).waitFor();
    expect(await focusIsOn(page, "dialog *")).toBe(true);
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "detached" });
    expect(await focusIsOn(page, "ol.chart a")).toBe(true);
    expect(await page.locator("ol.chart a:focus").innerText()).toBe("Alpha");
  });

  test("fits a phone without scrolling sideways", async () => {
    const { url } = await busyServer();
    for (const query of ["", "?song=own", "?listener=ann", "?view=add"]) {
      const { page } = await open(`${url}/${query}`, phone);
      await page.getByRole("heading", { level: 2 }).first().waitFor();

      const width = await page.evaluate<number>("document.documentElement.scrollWidth");

      expect(width).toBeLessThanOrEqual(phone.viewport.width);
    }
  });
});
