import type { Browser, BrowserContext, Page } from "playwright-core";
import type { ClientMessage } from "#src/wire/push-protocol.ts";

export interface OpenOptions {
  /** Pixels of the window. @default 1280 x 800 */
  readonly viewport?: { readonly width: number; readonly height: number };
  /** @default "light" */
  readonly colorScheme?: "light" | "dark";
  /** What a test provokes, such as a request that is refused: these complaints are left out. */
  readonly expected?: readonly RegExp[];
  readonly deviceScaleFactor?: number;
}

/** A WebSocket of the page. */
export interface WatchedSocket {
  /** What the page said on it. */
  readonly sent: ClientMessage[];
}

/** A page in a window of its own. It keeps every error of the console, of scripts and of requests, and what its policy forbids. */
export class WatchedPage {
  readonly page: Page;
  /** Every one that was opened, the first first. */
  readonly sockets: WatchedSocket[] = [];
  readonly #context: BrowserContext;
  readonly #complaints: string[] = [];
  readonly #expected: readonly RegExp[];

  private constructor(context: BrowserContext, page: Page, expected: readonly RegExp[]) {
    this.#context = context;
    this.page = page;
    this.#expected = expected;
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.#complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.#complaints.push(String(error)));
    page.on("websocket", (socket) => {
      const sent: ClientMessage[] = [];
      this.sockets.push({ sent });
      socket.on("framesent", ({ payload }) => sent.push(JSON.parse(String(payload)) as ClientMessage));
    });
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      const isOwn = origin === new URL(page.url() === "about:blank" ? request.url() : page.url()).origin;
      if (!isOwn && protocol !== "blob:" && protocol !== "data:")
        this.#complaints.push(`asked ${request.url()}`);
    });
  }

  static async open(
    browser: Browser,
    url: string,
    {
      viewport = { width: 1280, height: 800 },
      colorScheme = "light",
      expected = [],
      deviceScaleFactor = 1,
    }: OpenOptions = {},
  ): Promise<WatchedPage> {
    const context = await browser.newContext({
      viewport,
      colorScheme,
      deviceScaleFactor,
      acceptDownloads: true,
    });
    const watched = new WatchedPage(context, await context.newPage(), expected);
    await watched.page.goto(url);
    return watched;
  }

  /** What went wrong and was not expected. */
  get complaints(): readonly string[] {
    return this.#complaints.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }

  async close(): Promise<void> {
    await this.#context.close();
  }
}
