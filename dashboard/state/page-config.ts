import type { PageConfig } from "#src/config/page-config.ts";

/**
 * Reads `config.json`, which stands beside the page.
 *
 * @throws Error where it is away or no such file
 */
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

/**
 * The WebSocket's whole address, as seen from the page's.
 *
 * @param token stays out of an address that does not ask for it: addresses are logged
 */
export function socketUrl(
  { webSocketUrl, webSocketAccess }: Pick<PageConfig, "webSocketUrl" | "webSocketAccess">,
  pageUrl: string,
  token: string,
): string {
  const url = new URL(webSocketUrl, pageUrl);
  if (url.protocol === "http:") url.protocol = "ws:";
  if (url.protocol === "https:") url.protocol = "wss:";
  if (webSocketAccess === "token") url.searchParams.set("token", token);
  return url.href;
}
