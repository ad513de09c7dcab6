import { expect, test } from "vitest";
import { routes } from "#functions/api/router.ts";
import { httpRoutes, pathPatterns } from "#lib/constructs/http-routes.ts";

const lines = (of: readonly { readonly method: string; readonly path: string }[]): string[] =>
  of.map(({ method, path }) => `${method} ${path.replace("+}", "}")}`).sort();

test("what is deployed and what the handler answers are the same routes", () => {
  expect(lines(httpRoutes)).toEqual(lines(routes));
});

test("a pattern is exact up to a path's first parameter, and takes a body where one of its routes does", () => {
  const patterns = pathPatterns([
    { method: "GET", path: "/a" },
    { method: "GET", path: "/b/{id}" },
    { method: "GET", path: "/b/{id}/c" },
    { method: "POST", path: "/b/{id}/d" },
    { method: "GET", path: "/b/{id}/e" },
  ]);

  expect([...patterns]).toEqual([
    ["/a", { writes: false }],
    ["/b/*", { writes: true }],
  ]);
  expect([...pathPatterns([{ method: "GET", path: "/d/{id+}" }]).keys()]).toEqual(["/d/*"]);
});
