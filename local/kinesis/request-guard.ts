/** The names under which a server on the loopback interface may be addressed. */
export const LOOPBACK_HOSTS: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];

/** What tells whether a request comes from this machine's own programs or from some page in a browser. */
export interface RequestSource {
  /** Host header or :authority. */
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/**
 * Why the request is refused, or undefined. A page on another site can make a browser send requests here, and a name
 * that it rebinds to 127.0.0.1 even read the answers; but such requests carry that page's Origin or that name as Host.
 */
export function refusalOf(
  { host, origin }: RequestSource,
  allowedHosts: readonly string[],
): string | undefined {
  if (!allowedHosts.includes(hostnameOf(host))) return `host ${host ?? "(none)"} is not local`;
  if (origin !== undefined && !allowedHosts.includes(originHostname(origin)))
    return `origin ${origin} is not local`;
  return undefined;
}

function hostnameOf(host: string | undefined): string {
  return (/^(\[[^\]]*\]|[^:]*)(:\d*)?$/.exec(host ?? "")?.[1] ?? "").toLowerCase();
}

function originHostname(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : "";
}
