import { expect, test } from "vitest";
import { connectionLifeMs } from "#functions/ws-broadcast/connection-life.ts";
import { deployedPageConfig } from "#lib/constructs/page-config.ts";

test("a deployed page is told all that it reads, and how long a connection lives, as the functions know it", () => {
  const config = deployedPageConfig({
    webSocketUrl: "wss://a.example/prod",
    webSocketAccess: "token",
    tickSeconds: 5,
    profileTickSeconds: 900,
    stage: "prod",
  });

  expect(config).toEqual({
    webSocketUrl: "wss://a.example/prod",
    webSocketAccess: "token",
    apiUrl: "",
    connectionLifeMs,
    tickMs: 5_000,
    profileTickMs: 900_000,
    simulated: false,
    stage: "prod",
  });
});
