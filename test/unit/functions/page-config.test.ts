import { expect, test } from "vitest";
import { connectionLifeMs } from "#functions/ws-broadcast/connection-life.ts";
import { deployedPageConfig } from "#lib/constructs/page-config.ts";

test("a deployed page is told how long a connection lives, as the functions know it", () => {
  const config = deployedPageConfig({ webSocketUrl: "wss://a/prod", tickSeconds: 5, stage: "prod" });

  expect(config.connectionLifeMs).toBe(connectionLifeMs);
});
