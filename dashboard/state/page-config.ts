/** `config.json`, which stands beside the page: where the server is and how it is set. */
export interface PageConfig {
  /** Absolute, or a path on the page's host. */
  readonly webSocketUrl: string;
  /** In front of the API's paths; empty for the page's host. */
  readonly apiUrl: string;
  readonly connectionLifeMs: number;
  readonly tickMs: number;
  /** Whether the plays are invented. */
  readonly simulated: boolean;
  readonly stage: string;
}

/** @throws Error where it is away or no such file */
export async function loadPageConfig(): Promise<PageConfig> {
  const response = await fetch("config.json").catch((cause: unknown) => {
    throw new Error("the server does not answer", { cause });
  });
  if (!response.ok) throw new Error(`config.json: the server answered ${response.status}`);
  const config = (await response.json()) as PageConfig;
  if (typeof config.webSocketUrl !== "string" || typeof config.apiUrl !== "string") {
    throw new Error("config.json names no server");
  }
  return config;
}

/** The WebSocket's whole address, as seen from the page's. */
export function socketUrl({ webSocketUrl }: PageConfig, pageUrl: string): string {
  const url = new URL(webSocketUrl, pageUrl);
  if (url.protocol === "http:") url.protocol = "ws:";
  if (url.protocol === "https:") url.protocol = "wss:";
  return url.href;
}
