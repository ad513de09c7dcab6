import { expect, test } from "vitest";
import { environments, resourcesOf, serviceAt, synthesize, textOf } from "./templates.ts";

const { realtime, all } = synthesize("prod");
const guarded = synthesize("prod", {
  webSocketAccess: "token",
  webSocketAccessLogs: "on",
  allowedOrigins: ["https://a.example", "https://b.example"],
  httpRequestsPerSecond: 7,
  httpBurst: 8,
  webSocketMessagesPerSecond: 9,
  webSocketBurst: 10,
});

/** Each route with the entry file of the function that answers it. */
function routesOf(protocol: string): Record<string, string> {
  const [api] = Object.keys(
    realtime.findResources("AWS::ApiGatewayV2::Api", { Properties: { ProtocolType: protocol } }),
  );
  const integrations = new Map(resourcesOf([realtime], "AWS::ApiGatewayV2::Integration"));
  const routes = Object.values(
    realtime.findResources("AWS::ApiGatewayV2::Route", { Properties: { ApiId: { Ref: api } } }),
  );
  return Object.fromEntries(
    routes.map(({ Properties }) => {
      const [, [, { Ref }]] = Properties.Target["Fn::Join"];
      return [Properties.RouteKey, functionBehind(integrations.get(Ref)?.Properties["IntegrationUri"])];
    }),
  );
}

/** An integration names the function's ARN, inside an invocation path for a WebSocket. */
function functionBehind(uri: unknown): string {
  const { "Fn::Join": join } = uri as { "Fn::Join"?: [string, unknown[]] };
  const reference = join?.[1].find(
    (part) => typeof part === "object" && part !== null && "Fn::GetAtt" in part,
  );
  return serviceAt([...all, ...guarded.all], reference ?? uri);
}

test("a WebSocket's three routes lead to their functions", () => {
  expect(routesOf("WEBSOCKET")).toEqual({
    $connect: "ws-broadcast-connect",
    $disconnect: "ws-broadcast-disconnect",
    $default: "ws-broadcast-subscribe",
  });
});

test("the HTTP API has these routes and no other", () => {
  expect(routesOf("HTTP")).toEqual({
    "POST /plays": "api",
    "GET /plays/recent": "api",
    "GET /charts/{list}": "api",
    "GET /songs/{id+}": "api",
    "GET /users/{id}": "api",
    "GET /users/{id}/recommendations": "api",
    "GET /rejects": "api",
    "GET /rejects/counts": "api",
    "GET /rejects/{id}": "api",
    "GET /stats": "api",
    "GET /health": "api",
  });
});

test("the HTTP API's function gets payload 2.0", () => {
  const integrations = realtime.findResources("AWS::ApiGatewayV2::Integration", {
    Properties: { PayloadFormatVersion: "2.0" },
  });

  expect(Object.keys(integrations)).toHaveLength(1);
});

test("connections expire by themselves and go with their API", () => {
  const [connections, ...others] = resourcesOf([realtime], "AWS::DynamoDB::Table");

  expect(others).toEqual([]);
  expect(connections?.[1]).toMatchObject({
    DeletionPolicy: "Delete",
    Properties: { TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true } },
  });
});

test("what pushes knows the stage's management endpoint", () => {
  const variables = environments([realtime]);

  for (const service of ["ws-broadcast-subscribe", "ws-broadcast-broadcast"]) {
    const endpoint = textOf(variables.get(service)?.["WS_MGMT_ENDPOINT"], () => "*");
    expect(endpoint).toBe("https://*.execute-api.*.*/prod");
  }
});

test("the URLs are outputs", () => {
  expect(Object.keys(realtime.findOutputs("*"))).toEqual(
    expect.arrayContaining(["HttpApiUrl", "WebSocketUrl", "ConnectionsTableName"]),
  );
});

type Api = "HTTP" | "WEBSOCKET";

const apiOf = (template: typeof realtime, protocol: Api) =>
  resourcesOf([template], "AWS::ApiGatewayV2::Api").find(
    ([, { Properties }]) => Properties["ProtocolType"] === protocol,
  );

/** The properties of an API's only stage. */
function stageOf(template: typeof realtime, protocol: Api): Readonly<Record<string, unknown>> {
  const stages = resourcesOf([template], "AWS::ApiGatewayV2::Stage").filter(
    ([, { Properties }]) => (Properties["ApiId"] as { Ref: string }).Ref === apiOf(template, protocol)?.[0],
  );
  expect(stages).toHaveLength(1);
  return stages[0]?.[1].Properties ?? {};
}

test.each<[Api, number, number]>([
  ["HTTP", 7, 8],
  ["WEBSOCKET", 9, 10],
])("the %s API takes as many requests as the settings say", (protocol, rate, burst) => {
  expect(stageOf(guarded.realtime, protocol)["DefaultRouteSettings"]).toMatchObject({
    ThrottlingRateLimit: rate,
    ThrottlingBurstLimit: burst,
  });
  for (const limit of ["ThrottlingRateLimit", "ThrottlingBurstLimit"])
    expect(stageOf(realtime, protocol)).toHaveProperty(["DefaultRouteSettings", limit], expect.any(Number));
});

test("the HTTP API is at the root of its address", () => {
  expect(stageOf(realtime, "HTTP")).toMatchObject({ StageName: "$default", AutoDeploy: true });
});

test("pages of other origins may call the HTTP API only where they are listed", () => {
  const corsOf = (template: typeof realtime) => apiOf(template, "HTTP")?.[1].Properties["CorsConfiguration"];

  expect(corsOf(realtime)).toBeUndefined();
  expect(corsOf(guarded.realtime)).toEqual({
    AllowOrigins: ["https://a.example", "https://b.example"],
    AllowMethods: ["GET", "POST"],
    AllowHeaders: ["authorization", "content-type"],
    MaxAge: 3600,
  });
});

test("$connect knows which origins may connect", () => {
  const originsOf = (template: typeof realtime) =>
    environments([template]).get("ws-broadcast-connect")?.["ALLOWED_ORIGINS"];

  const named = (template: typeof realtime) => textOf(originsOf(template), () => "<page>");
  expect(named(realtime)).toBe("https://<page>");
  expect(named(guarded.realtime)).toBe("https://a.example,https://b.example,https://<page>");
  expect(originsOf(synthesize("prod", { dashboard: "none" }).realtime)).toBe("none");
  expect(originsOf(synthesize("dev").realtime)).toBe("*");
});

/** The fields of an access log, from where it takes them. */
function accessLogOf(template: typeof realtime, protocol: Api): Record<string, string> | undefined {
  const settings = stageOf(template, protocol)["AccessLogSettings"] as
    | { Format: string; DestinationArn: { "Fn::GetAtt": [string, string] } }
    | undefined;
  if (settings === undefined) return undefined;
  const [group] = settings.DestinationArn["Fn::GetAtt"];
  expect(resourcesOf([template], "AWS::Logs::LogGroup").map(([id]) => id)).toContain(group);
  return JSON.parse(settings.Format);
}

test.each<Api>(["HTTP", "WEBSOCKET"])("the %s API's log has no address, no path and no query", (protocol) => {
  const fields = accessLogOf(guarded.realtime, protocol);

  expect(fields).toMatchObject({
    requestId: "$context.requestId",
    route: "$context.routeKey",
    status: "$context.status",
    integrationLatencyMs: "$context.integrationLatency",
  });
  for (const source of Object.values(fields ?? {})) {
    expect(source).toMatch(/^\$context\.[\w.]+$/);
    expect(source).not.toMatch(/identity|path|query|header|body|user/i);
  }
});

test("by default a deployment needs nothing of the account: only the HTTP API has an access log", () => {
  expect(accessLogOf(realtime, "HTTP")).toBeDefined();
  expect(accessLogOf(realtime, "WEBSOCKET")).toBeUndefined();
});

test("where connecting takes a token, an authorizer asks for it at $connect and only there", () => {
  const [authorizer, ...others] = resourcesOf([guarded.realtime], "AWS::ApiGatewayV2::Authorizer");
  const routes = resourcesOf([guarded.realtime], "AWS::ApiGatewayV2::Route").map(([, { Properties }]) => [
    Properties["RouteKey"],
    Properties["AuthorizationType"],
  ]);

  expect(others).toEqual([]);
  expect(authorizer?.[1].Properties).toMatchObject({
    AuthorizerType: "REQUEST",
    IdentitySource: ["route.request.querystring.token"],
  });
  expect(functionBehind(authorizer?.[1].Properties["AuthorizerUri"])).toBe("ws-broadcast-authorize");
  expect(routes.filter(([, type]) => type === "CUSTOM")).toEqual([["$connect", "CUSTOM"]]);
});

test("where a WebSocket is open there is no authorizer", () => {
  expect(resourcesOf([realtime], "AWS::ApiGatewayV2::Authorizer")).toEqual([]);
});
