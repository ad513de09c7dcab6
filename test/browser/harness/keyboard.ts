import type { Page } from "playwright-core";

const mostSteps = 120;

/** Presses Tab until the focus is on something that a selector matches. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let step = 0; step < mostSteps; step++) {
    await page.keyboard.press("Tab");
    if (await focusIsOn(page, selector)) return;
  }
  throw new Error(`${mostSteps} steps of the Tab key do not lead to ${selector}`);
}

export const focusIsOn = async (page: Page, selector: string): Promise<boolean> =>
  (await page.locator(`${selector}:focus`).count()) > 0;
