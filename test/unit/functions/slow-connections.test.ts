import { expect, test } from "vitest";
import { SlowConnections } from "#functions/ws-broadcast/slow-connections.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";

const [a, b, c] = ["a", "b", "c"] as [ConnectionId, ConnectionId, ConnectionId];

test("the one that was tried longest ago comes first, and only of those that are there", () => {
  const slow = new SlowConnections(10);
  for (const connection of [a, b, c, a]) slow.remember(connection);

  const there = new Map([a, c].map((connection) => [connection, connection.toUpperCase()]));

  expect(slow.order(there)).toEqual([
    [c, "C"],
    [a, "A"],
  ]);
});

test("one that was forgotten for want of room comes last, and is not left out", () => {
  const slow = new SlowConnections(2);
  for (const connection of [a, b]) slow.remember(connection);
  const late = new Map([a, b].map((connection) => [connection, connection.toUpperCase()]));

  slow.remember(c); // slow for the first time, while a and b wait for their turn

  expect(slow.order(late)).toEqual([
    [b, "B"],
    [a, "A"],
  ]);
});

test("no more are remembered than there is room for, and none that was forgotten", () => {
  const slow = new SlowConnections(2);
  for (const connection of [a, b, c]) slow.remember(connection);
  slow.forget(b);

  expect([a, b, c].filter((connection) => slow.has(connection))).toEqual([c]);
});
