import type { ApiDeps, ApiRequest } from "./api-request.ts";
import type { TokenNeed } from "./caller.ts";
import type { Answer } from "./http-answer.ts";
import { getChart } from "./routes/charts.ts";
import { postPlays } from "./routes/plays.ts";
import { getRecentPlays } from "./routes/recent-plays.ts";
import { getReject, getRejectCounts, getRejects } from "./routes/rejects.ts";
import { getSong } from "./routes/songs.ts";
import { getHealth, getStats } from "./routes/stats.ts";
import { getRecommendations, getUser } from "./routes/users.ts";

export interface Route {
  readonly method: "GET" | "POST";
  /** As in docs/openapi.yaml; at most one parameter. */
  readonly path: string;
  readonly token: TokenNeed;
  readonly answer: (deps: ApiDeps, request: ApiRequest) => Promise<Answer>;
}

/** A listener's id may hold a slash, so longer paths come first. */
export const routes: readonly Route[] = [
  { method: "POST", path: "/plays", token: "required", answer: postPlays },
  { method: "GET", path: "/plays/recent", token: "optional", answer: getRecentPlays },
  { method: "GET", path: "/charts/{list}", token: "none", answer: getChart },
  { method: "GET", path: "/songs/{id}", token: "none", answer: getSong },
  { method: "GET", path: "/users/{id}/recommendations", token: "required", answer: getRecommendations },
  { method: "GET", path: "/users/{id}", token: "required", answer: getUser },
  { method: "GET", path: "/rejects", token: "required", answer: getRejects },
  { method: "GET", path: "/rejects/counts", token: "required", answer: getRejectCounts },
  { method: "GET", path: "/rejects/{id}", token: "required", answer: getReject },
  { method: "GET", path: "/stats", token: "none", answer: getStats },
  { method: "GET", path: "/health", token: "none", answer: getHealth },
];

export type Found =
  | { readonly kind: "route"; readonly route: Route; readonly parameter: string }
  | { readonly kind: "wrong-method"; readonly allow: readonly string[] }
  | { readonly kind: "unknown" };

const patterns = routes.map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replace(/\{\w+\}/, "(.+)")}$`, "s"),
}));

export function findRoute(method: string, path: string): Found {
  const allow: string[] = [];
  for (const { route, pattern } of patterns) {
    const match = pattern.exec(path);
    if (match === null) continue;
    if (route.method === method) return { kind: "route", route, parameter: match[1] ?? "" };
    allow.push(route.method, ...(route.method === "GET" ? ["HEAD"] : []));
  }
  return allow.length > 0 ? { kind: "wrong-method", allow: [...new Set(allow)] } : { kind: "unknown" };
}
