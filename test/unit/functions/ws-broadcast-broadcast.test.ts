import { beforeEach, describe, expect, test } from "vitest";
import { createBroadcastHandler } from "#functions/ws-broadcast/broadcast-handler.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { dayMs } from "#src/domain/windows.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";
import { chartKey } from "#src/wire/chart-codec.ts";
import { aMoment } from "#test/support/arbitraries.ts";
import {
  anEntry,
  anEpoch,
  commitEpoch,
  type MemoryStores,
  memoryStores,
  publishChart,
  todaysSongs,
} from "#test/support/published.ts";

let stores: MemoryStores;
beforeEach(() => {
  stores = memoryStores();
});

const later = (aMoment + 7_200_000) as EpochMs;

async function subscribe(connection: string, ...channels: string[]): Promise<void> {
  for (const channel of channels) {
    await stores.connections.subscribe(connection as ConnectionId, channel, later);
  }
}

const broadcast = (epoch: number, options: { concurrency?: number; sendTimeoutMs?: number } = {}) =>
  createBroadcastHandler({ ...stores, ...options })({ epoch: epoch as EpochNumber });

describe("broadcast", () => {
  test("a channel that the epoch changed goes to its subscribers, and to nobody else", async () => {
    await commitEpoch(stores, anEpoch(1));
    await commitEpoch(stores, anEpoch(2));
    await publishChart(stores, todaysSongs(2, 2, [anEntry("S1")]));
    await subscribe("a", "songs.day");
    await subscribe("b", "artists.day");

    const figures = await broadcast(2);

    expect(stores.gateway.sent).toMatchObject([
      { connection: "a", message: { type: "snapshot", channel: "songs.day", seq: 2, epoch: 2, total: 1 } },
    ]);
    expect(figures).toMatchObject({ channels: 1, messages: 1, gone: 0, failed: 0, processingMs: 0 });
    expect(figures.bytes).toBe(Buffer.byteLength(JSON.stringify(stores.gateway.sent[0]?.message)));
  });

  test("a channel that the epoch left alone is not sent", async () => {
    await commitEpoch(stores, anEpoch(1));
    await publishChart(stores, todaysSongs(1, 1, [anEntry("S1")]));
    await commitEpoch(stores, anEpoch(2));
    await subscribe("a", "songs.day");

    expect(await broadcast(2)).toMatchObject({ channels: 0, messages: 0, bytes: 0 });
  });

  test("a window that rolled over in silence is sent empty, with its new log", async () => {
    await commitEpoch(stores, anEpoch(1));
    await publishChart(stores, todaysSongs(1, 1, [anEntry("S1")]));
    await commitEpoch(stores, anEpoch(2, { now: (aMoment + dayMs) as EpochMs }));
    await subscribe("a", "songs.day", "songs.all");

    await broadcast(2);

    expect(stores.gateway.to("a")).toMatchObject([
      { channel: "songs.day", log: "store/d.20261121", seq: 0, total: 0, entries: [] },
    ]);
  });

  test("the stats go out with every epoch", async () => {
    await commitEpoch(stores, anEpoch(1));
    await commitEpoch(stores, anEpoch(2));
    await subscribe("a", "stats");

    await broadcast(1);
    await broadcast(2);

    expect(stores.gateway.to("a")).toMatchObject([{ seq: 1 }, { seq: 2, stats: { epoch: 2 } }]);
  });

  test("the first epoch tells every subscriber the store's log", async () => {
    await commitEpoch(stores, anEpoch(1));
    await subscribe("a", "songs.hot", "plays.recent");

    await broadcast(1);

    expect(stores.gateway.to("a").map(({ log }) => log)).toEqual(["store/x.20261120", "store/recent"]);
  });

  test("a connection that is gone is forgotten, with all its channels", async () => {
    await commitEpoch(stores, anEpoch(1));
    await subscribe("a", "stats", "songs.hot", "songs.day");
    await subscribe("b", "stats");
    stores.gateway.behaviour.set("a", "gone");

    const figures = await broadcast(1);

    expect(figures).toMatchObject({ gone: 1, messages: 1, failed: 0 });
    expect(await stores.connections.channelsOf("a" as ConnectionId)).toEqual([]);
    expect(stores.gateway.to("b")).toHaveLength(1);
  });

  test("connections that fail or hang keep nobody waiting, even where they take every place", async () => {
    await commitEpoch(stores, anEpoch(1));
    for (const connection of ["fails", "hangs", "hangs2", "well"]) await subscribe(connection, "stats");
    stores.gateway.behaviour.set("fails", "fails");
    stores.gateway.behaviour.set("hangs", "hangs");
    stores.gateway.behaviour.set("hangs2", "hangs");

    const figures = await broadcast(1, { concurrency: 2, sendTimeoutMs: 20 });

    expect(figures).toMatchObject({ messages: 1, failed: 3, gone: 0 });
    expect(stores.gateway.to("well")).toHaveLength(1);
    expect(await stores.connections.channelsOf("fails" as ConnectionId)).toEqual(["stats"]);
  });

  test("how it went is kept beside the epoch", async () => {
    await commitEpoch(stores, anEpoch(1));
    for (const connection of ["fails", "well"]) await subscribe(connection, "stats");
    stores.gateway.behaviour.set("fails", "fails");

    await broadcast(1);

    expect(await stores.epochs.readBroadcast(1 as EpochNumber)).toEqual({
      at: aMoment,
      messages: 1,
      failed: 1,
    });
  });

  test("a note that cannot be kept does not fail what was sent", async () => {
    await commitEpoch(stores, anEpoch(1));
    await subscribe("a", "stats");
    stores.epochs.noteBroadcast = () => Promise.reject(new Error("throttled"));

    expect(await broadcast(1)).toMatchObject({ messages: 1 });
  });

  test("a thousand subscribers each get one message", async () => {
    await commitEpoch(stores, anEpoch(1));
    for (let i = 0; i < 1000; i++) await subscribe(`c${i}`, "stats");

    expect(await broadcast(1)).toMatchObject({ channels: 1, messages: 1000, failed: 0 });
    expect(new Set(stores.gateway.sent.map(({ connection }) => connection)).size).toBe(1000);
  });

  test("a channel that cannot be read fails the state after the others were served", async () => {
    const record = anEpoch(1);
    await commitEpoch(stores, record);
    await stores.publications.write(chartKey("songs", record.windows.hot), {
      epoch: record.epoch,
      body: "{",
    });
    await subscribe("a", "songs.hot", "stats");

    await expect(broadcast(1)).rejects.toThrow(CorruptStoreError);
    expect(stores.gateway.to("a")).toMatchObject([{ channel: "stats" }]);
  });

  test("an epoch without a record is a corrupt store", async () => {
    await expect(broadcast(7)).rejects.toThrow("epoch 7 has no record");
  });
});
