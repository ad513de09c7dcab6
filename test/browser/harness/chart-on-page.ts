import type { Locator, Page } from "playwright-core";

/** A chart of the page, as its reader sees it. */
export class ChartOnPage {
  readonly card: Locator;
  readonly #switch: Locator;

  constructor(page: Page, side: "left" | "right" = "left") {
    this.#switch = page.getByRole("group", { name: `Window of the ${side} chart` });
    this.card = page.locator("section.chart-card").filter({ has: this.#switch });
  }

  /** Chooses a window by what stands on the switch, e.g. `Today`. */
  async show(window: string): Promise<void> {
    await this.#switch.getByRole("radio", { name: window, exact: true }).check();
  }

  title(): Promise<string> {
    return this.card.getByRole("heading", { level: 2 }).innerText();
  }

  /** The texts of the rows at one moment: rank, name, artist (empty in a chart of artists), figure. */
  rows(): Promise<string[][]> {
    return this.card
      .locator("ol.chart > li")
      .evaluateAll((rows) =>
        rows.map((row) =>
          [".rank", ".name", ".by", ".score"].map((part) => row.querySelector(part)?.textContent ?? ""),
        ),
      );
  }

  /** The songs or artists, the first first. */
  async names(): Promise<string[]> {
    return (await this.rows()).map(([, name = ""]) => name);
  }

  row(name: string): Locator {
    return this.card.locator("ol.chart > li").filter({ hasText: name });
  }
}

/** A figure of the totals, by its name. */
export const totalOf = (page: Page, name: string): Promise<string> =>
  page
    .locator("dl.totals > div")
    .filter({ has: page.getByText(name, { exact: true }) })
    .locator("dd")
    .first()
    .innerText();

/** Chooses what the charts list: `Songs` or `Artists`. */
export async function chooseList(page: Page, name: "Songs" | "Artists"): Promise<void> {
  await page.getByRole("group", { name: "What the charts list" }).getByRole("radio", { name }).check();
}

/** `Live`, `Reconnecting` or `Connecting`. */
export const connectionText = (page: Page): Promise<string> =>
  page.locator("header").getByRole("status").innerText();
