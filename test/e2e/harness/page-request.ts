import { type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";
import type { Deployment } from "./deployment.ts";

const timeoutMs = 30_000;

export interface PageAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * Gets a path of the page's distribution, as a browser would by HTTPS. An endpoint that imitates AWS tells distributions
 * apart by Host, and that TLS ended before it by `x-forwarded-proto`.
 */
export async function getFromPage(
  { target, dashboardUrl }: Deployment,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<PageAnswer> {
  if (target.endpoint === undefined) return await getByHttps(`${dashboardUrl}${path}`, headers);
  const { host } = new URL(dashboardUrl);
  return await new Promise((resolve, reject) => {
    request(`${target.endpoint}${path}`, {
      headers: { host, "x-forwarded-proto": "https", ...headers },
      timeout: timeoutMs,
    })
      .once("response", (answer) => {
        text(answer).then(
          (body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: body }),
          reject,
        );
      })
      .once("timeout", () => reject(new Error(`${path} of ${host} was not answered in time`)))
      .once("error", reject)
      .end();
  });
}

async function getByHttps(url: string, headers: Readonly<Record<string, string>>): Promise<PageAnswer> {
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() };
}
