import type { APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import { beforeEach, describe, expect, test } from "vitest";
import { createConnectHandler } from "#functions/ws-broadcast/connect-handler.ts";
import { createDisconnectHandler } from "#functions/ws-broadcast/disconnect-handler.ts";
import { createSubscribeHandler } from "#functions/ws-broadcast/subscribe-handler.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { dayMs } from "#src/domain/windows.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";
import { maxSubscriptions } from "#src/wire/push-limits.ts";
import { aMoment } from "#test/support/arbitraries.ts";
import {
  aHead,
  anEntry,
  anEpoch,
  commitEpoch,
  type MemoryStores,
  memoryStores,
  publishChart,
  todaysSongs,
} from "#test/support/published.ts";

const client = "client" as ConnectionId;
const later = (aMoment + 7_200_000) as EpochMs;

let stores: MemoryStores;
beforeEach(() => {
  stores = memoryStores();
});

function anEvent(body?: string): APIGatewayProxyWebsocketEventV2 {
  const requestContext: Partial<APIGatewayProxyWebsocketEventV2["requestContext"]> = { connectionId: client };
  const event = { requestContext, isBase64Encoded: false, ...(body === undefined ? {} : { body }) };
  return event as APIGatewayProxyWebsocketEventV2;
}

/** Sends a message and returns the answers to it. */
async function say(message: object | string): Promise<Record<string, unknown>[]> {
  const before = stores.gateway.to(client).length;
  const body = typeof message === "string" ? message : JSON.stringify(message);
  await createSubscribeHandler(stores)(anEvent(body));
  return stores.gateway.to(client).slice(before);
}

async function subscribersOf(channel: string): Promise<string[]> {
  const subscribers: string[] = [];
  for await (const { connection, channels } of stores.connections.subscribers()) {
    if (channels.includes(channel)) subscribers.push(connection);
  }
  return subscribers;
}

describe("subscribe", () => {
  test("before the first epoch the snapshot is empty and its log has no name", async () => {
    const answers = await say({ action: "subscribe", channel: "songs.day" });

    expect(answers).toEqual([
      { type: "snapshot", channel: "songs.day", log: "", seq: 0, epoch: 0, now: 0, total: 0, entries: [] },
    ]);
    expect(await subscribersOf("songs.day")).toEqual([client]);
  });

  test("the snapshot shows the chart of the current window instance", async () => {
    await commitEpoch(stores, anEpoch(1));
    await publishChart(stores, todaysSongs(1, 4, [anEntry("S2"), anEntry("S1", { previousRank: 1 })]));

    const [snapshot] = await say({ action: "subscribe", channel: "songs.day" });

    expect(snapshot).toMatchObject({ log: "store/d.20261120", seq: 4, epoch: 1, now: aMoment, total: 2 });
    expect(snapshot?.["entries"]).toMatchObject([
      { rank: 1, previous_rank: null, id: "S2", score: 3 },
      { rank: 2, previous_rank: 1, id: "S1" },
    ]);
  });

  test("an epoch that is not committed does not decide the window yet", async () => {
    await commitEpoch(stores, anEpoch(1));
    await publishChart(stores, todaysSongs(1, 4, [anEntry("S1")]));
    await stores.epochs.create(anEpoch(2, { now: (aMoment + dayMs) as EpochMs }));

    const [snapshot] = await say({ action: "subscribe", channel: "songs.day" });

    expect(snapshot).toMatchObject({ log: "store/d.20261120", epoch: 1, total: 1 });
  });

  test("who already has the newest version is told so instead", async () => {
    await commitEpoch(stores, anEpoch(1));
    await publishChart(stores, todaysSongs(1, 4, [anEntry("S1")]));
    const since = { log: "store/d.20261120", seq: 4 };

    const answers = await say({ action: "subscribe", channel: "songs.day", since });

    expect(answers).toEqual([{ type: "current", channel: "songs.day", ...since, epoch: 1, now: aMoment }]);
  });

  test.each([
    ["an older version", { log: "store/d.20261120", seq: 3 }],
    ["the same number of another day", { log: "store/d.20261119", seq: 4 }],
    ["the same number of another store", { log: "other/d.20261120", seq: 4 }],
  ])("who holds %s gets the snapshot", async (_what, since) => {
    await commitEpoch(stores, anEpoch(1));
    await publishChart(stores, todaysSongs(1, 4, [anEntry("S1")]));

    expect(await say({ action: "subscribe", channel: "songs.day", since })).toMatchObject([
      { type: "snapshot", seq: 4 },
    ]);
  });

  test("the stats are the totals of the last committed epoch", async () => {
    const to = [aHead({ plays: 10, duplicates: 2, rejects: 1, unqualified: 3 })];
    await commitEpoch(stores, anEpoch(1, { to }));

    const [snapshot] = await say({ action: "subscribe", channel: "stats" });

    const stats = { plays: 10, duplicates: 2, rejects: 1, unqualified: 3, epoch: 1, epoch_at: aMoment };
    expect(snapshot).toMatchObject({ type: "snapshot", log: "store/stats", seq: 1, stats });
  });

  test("a connection may not collect channels without end", async () => {
    for (let n = 0; n < maxSubscriptions - 1; n++) {
      await stores.connections.subscribe(client, `other.${n}`, later, maxSubscriptions);
    }

    expect(await say({ action: "subscribe", channel: "stats" })).toMatchObject([{ type: "snapshot" }]);
    expect(await say({ action: "subscribe", channel: "songs.day" })).toEqual([
      {
        ...{ type: "error", reason: "too_many_subscriptions", channel: "songs.day" },
        message: "a connection may subscribe to 16 channels",
      },
    ]);
    expect(await say({ action: "subscribe", channel: "stats" })).toMatchObject([{ type: "snapshot" }]);
  });

  test("an unsubscribed channel is forgotten", async () => {
    await say({ action: "subscribe", channel: "stats" });

    expect(await say({ action: "unsubscribe", channel: "stats" })).toEqual([]);
    expect(await subscribersOf("stats")).toEqual([]);
  });

  test("a pong carries the time and the newest version of each subscribed channel", async () => {
    await commitEpoch(stores, anEpoch(1));
    await publishChart(stores, todaysSongs(1, 4, [anEntry("S1")]));
    await say({ action: "subscribe", channel: "songs.day" });
    await say({ action: "subscribe", channel: "stats" });

    expect(await say({ action: "ping" })).toEqual([
      {
        type: "pong",
        at: aMoment,
        channels: {
          "songs.day": { log: "store/d.20261120", seq: 4 },
          stats: { log: "store/stats", seq: 1 },
        },
      },
    ]);
  });

  test("a message that is none is answered with the reason", async () => {
    expect(await say("hello")).toMatchObject([{ type: "error", reason: "bad_json" }]);
    expect(await say({ action: "subscribe", channel: "songs.decade" })).toEqual([
      { type: "error", reason: "unknown_channel", message: 'there is no channel "songs.decade"' },
    ]);
  });

  test("a client that is gone before the answer is forgotten", async () => {
    stores.gateway.behaviour.set(client, "gone");

    await say({ action: "subscribe", channel: "stats" });

    expect(await subscribersOf("stats")).toEqual([]);
  });
});

test("a connection that comes and goes leaves nothing", async () => {
  await createConnectHandler({ ...stores, allowedOrigins: ["*"] })(anEvent());
  await say({ action: "subscribe", channel: "stats" });

  const answer = await createDisconnectHandler(stores)(anEvent());

  expect(answer).toEqual({ statusCode: 200 });
  expect(await stores.connections.channelsOf(client)).toEqual([]);
  expect(await subscribersOf("stats")).toEqual([]);
});
