import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";

export interface DownloadedFile {
  readonly name: string;
  readonly text: string;
}

/** The file that a button saves. */
export async function downloaded(page: Page, button: string): Promise<DownloadedFile> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button }).click(),
  ]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
}
