/* Without CDK, so that test/unit/functions/api-routes.test.ts can hold it against the handler's own routes. */

interface HttpRoute {
  readonly method: "GET" | "POST";
  /** `{id+}` takes slashes as well: API Gateway decodes `%2F` before it looks for a route. */
  readonly path: `/${string}`;
}

const route = (method: HttpRoute["method"], path: HttpRoute["path"]): HttpRoute => ({ method, path });

/** The routes of the HTTP API, which CloudFront hands on as well. */
export const httpRoutes: readonly HttpRoute[] = [
  route("POST", "/plays"),
  route("GET", "/plays/recent"),
  route("GET", "/charts/{list}"),
  route("GET", "/songs/{id+}"), // the id of a track that came without one begins with its artist, such as "ac/dc"
  route("GET", "/users/{id}"),
  route("GET", "/users/{id}/recommendations"),
  route("GET", "/rejects"),
  route("GET", "/rejects/counts"),
  route("GET", "/rejects/{id}"),
  route("GET", "/stats"),
  route("GET", "/health"),
];

/**
 * Path patterns of CloudFront that cover the routes: exact where a path has no parameter, else `*` from its first one on.
 *
 * @returns each with whether a route below it takes more than GET
 */
export function pathPatterns(
  routes: readonly HttpRoute[],
): ReadonlyMap<string, { readonly writes: boolean }> {
  const patterns = new Map<string, { readonly writes: boolean }>();
  for (const { method, path } of routes) {
    const pattern = path.replace(/\{.*/, "*");
    const writes = method !== "GET" || (patterns.get(pattern)?.writes ?? false);
    patterns.set(pattern, { writes });
  }
  return patterns;
}
