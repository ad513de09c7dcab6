import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { ApiDeps } from "./api-request.ts";
import { callerOf } from "./caller.ts";
import { type Answer, errorAnswer, HttpError } from "./http-answer.ts";
import { findRoute } from "./router.ts";

/** The Lambda behind every route of the HTTP API (payload format 2.0). */
export function createApiHandler(deps: ApiDeps) {
  return async (event: APIGatewayProxyEventV2): Promise<Answer> => {
    const isHead = event.requestContext.http.method === "HEAD";
    const answer = await answerTo(deps, event, isHead ? "GET" : event.requestContext.http.method);
    if (!isHead) return answer;
    const { body: _body, ...head } = answer;
    return head;
  };
}

async function answerTo(deps: ApiDeps, event: APIGatewayProxyEventV2, method: string): Promise<Answer> {
  const path = pathOf(event);
  const found = findRoute(method, path);
  if (found.kind === "unknown") {
    return errorAnswer(new HttpError(404, "not_found", `there is nothing at ${path}`));
  }
  if (found.kind === "wrong-method") {
    const error = new HttpError(405, "method_not_allowed", `${path} does not answer to ${method}`);
    return errorAnswer(error, { allow: found.allow.join(", ") });
  }
  try {
    const { route, parameter } = found;
    const caller = await callerOf(deps, route.token, event.headers);
    return await route.answer(deps, { event, caller, parameter, query: event.queryStringParameters ?? {} });
  } catch (error) {
    if (error instanceof HttpError) return errorAnswer(error);
    deps.logger.error("a request failed", { route: found.route.path, reason: String(error) });
    return errorAnswer(new HttpError(500, "internal", "something went wrong; it was logged"));
  }
}

/** HTTP APIs hand `rawPath` over percent-decoded, with the stage in front unless it is `$default`. */
function pathOf({ rawPath, requestContext }: APIGatewayProxyEventV2): string {
  const prefix = `/${requestContext.stage}`;
  const isStaged = requestContext.stage !== "$default" && rawPath.startsWith(`${prefix}/`);
  return isStaged ? rawPath.slice(prefix.length) : rawPath;
}
