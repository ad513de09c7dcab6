import { expect, test } from "vitest";
import { socketUrl } from "../../../dashboard/state/page-config.ts";

const page = "https://d1.cloudfront.example/?view=overview";

test("a path is one of the page's host, over TLS where the page is", () => {
  const config = { webSocketUrl: "/ws", webSocketAccess: "open" } as const;

  expect(socketUrl(config, page, "")).toBe("wss://d1.cloudfront.example/ws");
  expect(socketUrl(config, "http://127.0.0.1:8080/", "")).toBe("ws://127.0.0.1:8080/ws");
});

test("a token is in the address where the stage asks for one, and nowhere else", () => {
  const webSocketUrl = "wss://a.example/prod";

  expect(socketUrl({ webSocketUrl, webSocketAccess: "token" }, page, "ew_a+b")).toBe(
    "wss://a.example/prod?token=ew_a%2Bb",
  );
  expect(socketUrl({ webSocketUrl, webSocketAccess: "open" }, page, "ew_a")).toBe("wss://a.example/prod");
});
