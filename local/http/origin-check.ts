import type { IncomingHttpHeaders } from "node:http";

const loopbackNames: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * Why a request is refused; undefined for one that may pass. A page of another site reaches 127.0.0.1 too: its requests
 * carry its Origin, and after DNS rebinding its own name as Host.
 */
export function refusalOf(headers: IncomingHttpHeaders): string | undefined {
  const host = headers.host ?? "";
  const name = /^(\[[^\]]*\]|[^:]*)(:\d{1,5})?$/.exec(host)?.[1]?.toLowerCase();
  if (name === undefined || !loopbackNames.has(name)) return "this host name is not served";
  const { origin } = headers;
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    return "requests from other sites are not served";
  }
  return undefined;
}
