import { expect, test } from "vitest";
import { environments, resourcesOf, serviceAt, synthesize, textOf } from "./templates.ts";

const { realtime, all } = synthesize("prod");

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
  return serviceAt(all, reference ?? uri);
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
    "GET /users/{id}": "api",
    "GET /users/{id}/recommendations": "api",
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
