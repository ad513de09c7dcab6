import type { Locator, Page } from "playwright-core";

/** The table of plays and its filters, as their reader sees them. */
export class PlaysOnPage {
  readonly #filters: Locator;
  readonly #table: Locator;

  constructor(page: Page) {
    this.#filters = page.getByRole("search", { name: "Filter plays" });
    this.#table = page.locator("table.plays");
  }

  /** The rows' titles at one moment. */
  titles(): Promise<string[]> {
    return this.#table.locator("tbody th").allInnerTexts();
  }

  row(title: string): Locator {
    return this.#table.locator("tbody tr").filter({ hasText: title });
  }

  /** Types into the field of the artist, and chooses in all others. */
  async filter(name: string, value: string): Promise<void> {
    const field = this.#filters.getByLabel(name, { exact: true });
    if (name === "Artist") await field.fill(value);
    else await field.selectOption({ label: value });
  }

  filterValue(name: string): Promise<string> {
    return this.#filters.getByLabel(name, { exact: true }).inputValue();
  }

  async clearFilters(): Promise<void> {
    await this.#filters.getByRole("button", { name: "Clear filters" }).click();
  }

  /** @returns which way it is sorted now, as the page says it */
  async sortBy(column: string): Promise<string | null> {
    const head = this.#table.getByRole("columnheader", { name: column });
    await head.getByRole("button").click();
    return head.getAttribute("aria-sort");
  }
}
