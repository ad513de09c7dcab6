import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createBroadcastHandler } from "#functions/ws-broadcast/broadcast-handler.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { CorruptStoreError, StoreError } from "#src/domain/errors.ts";
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
    await stores.connections.subscribe(connection as ConnectionId, channel, later, channels.length);
  }
}

/** How long a piece of work takes on the wall's clock, ms. */
async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
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

    expect(stores.gateway.to("a").map(({ log }) => log)).toEqual(["store/recent", "store/x.20261120"]);
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

  test("two hundred connections that hang delay two hundred good ones by a fraction of their time", async () => {
    await commitEpoch(stores, anEpoch(1));
    for (let n = 0; n < 200; n++) {
      await subscribe(`hangs${n}`, "stats", "songs.hot");
      stores.gateway.behaviour.set(`hangs${n}`, "hangs");
    }
    for (let n = 0; n < 200; n++) await subscribe(`well${n}`, "stats", "songs.hot");
    const sendTimeoutMs = 1000;
    const servedAll = new Promise<void>((resolve) => {
      const { send } = stores.gateway;
      stores.gateway.send = (connection, message) => {
        const sent = send.call(stores.gateway, connection, message);
        if (stores.gateway.sent.length === 400) resolve();
        return sent;
      };
    });

    const run = broadcast(1, { sendTimeoutMs });
    const servedMs = await timeOf(() => servedAll);

    expect(servedMs).toBeLessThan(sendTimeoutMs / 3);
    expect(await run).toMatchObject({ messages: 400, failed: 200, slow: 0 });
  });

  test("who hung in one epoch comes after everybody else in the next, until it answers in time", async () => {
    for (const epoch of [1, 2, 3]) await commitEpoch(stores, anEpoch(epoch));
    for (const connection of ["a", "hangs", "z"]) await subscribe(connection, "stats");
    stores.gateway.behaviour.set("hangs", "hangs");
    const run = createBroadcastHandler({ ...stores, concurrency: 1, sendTimeoutMs: 60 });
    const order = () => stores.gateway.sent.splice(0).map(({ connection }) => connection);

    const first = await run({ epoch: 1 as EpochNumber });
    expect(first).toMatchObject({ messages: 2, failed: 1, slow: 0 });
    stores.gateway.sent.splice(0);
    stores.gateway.behaviour.delete("hangs");
    const second = await run({ epoch: 2 as EpochNumber });
    expect(second).toMatchObject({ messages: 3, failed: 0, slow: 1 });
    expect(order()).toEqual(["a", "z", "hangs"]);
    const third = await run({ epoch: 3 as EpochNumber });

    expect(third).toMatchObject({ messages: 3, slow: 0 });
    expect(order()).toEqual(["a", "hangs", "z"]);
  });

  test("hundreds that hang epoch after epoch take no more time than one, and each has its turn", async () => {
    for (const epoch of [1, 2, 3, 4, 5]) await commitEpoch(stores, anEpoch(epoch));
    const hanging = Array.from({ length: 300 }, (_, n) => `hangs${n}`);
    for (const connection of hanging) {
      await subscribe(connection, "stats");
      stores.gateway.behaviour.set(connection, "hangs");
    }
    const tried = new Set<string>();
    const { send } = stores.gateway;
    const sendTimeoutMs = 100;
    const run = createBroadcastHandler({ ...stores, concurrency: 300, sendTimeoutMs });
    await run({ epoch: 1 as EpochNumber });
    stores.gateway.send = (connection, message) => {
      tried.add(connection);
      return send.call(stores.gateway, connection, message);
    };

    const times: number[] = [];
    for (const epoch of [2, 3, 4, 5]) {
      times.push(await timeOf(() => run({ epoch: epoch as EpochNumber })));
    }

    expect(Math.max(...times)).toBeLessThan(3 * sendTimeoutMs);
    expect(tried.size).toBeGreaterThan(200);
  });

  test("what a connection gets is one frame, as long as it fits, in the order of its channels", async () => {
    await commitEpoch(stores, anEpoch(1));
    await publishChart(stores, todaysSongs(1, 1, [anEntry("S1")]));
    await subscribe("a", "songs.all", "songs.day", "stats");
    const frames: string[] = [];
    stores.gateway.send = (_connection, frame) => {
      frames.push(frame);
      return Promise.resolve("sent");
    };

    const figures = await broadcast(1);

    const [frame = "", ...others] = frames;
    expect(others).toEqual([]);
    const channels = JSON.parse(frame).map(({ channel }: { channel: string }) => channel);
    expect(channels).toEqual(["songs.all", "songs.day", "stats"]);
    expect(figures).toMatchObject({ messages: 3, frames: 1, bytes: Buffer.byteLength(frame) });
  });

  test("a connection that is slow with every frame has no more time for all than another for one", async () => {
    await commitEpoch(stores, anEpoch(1));
    const lists = ["songs", "artists"] as const;
    const { day, week, all } = anEpoch(1).windows;
    // Each of them fills a frame.
    const entries = Array.from({ length: 100 }, (_, i) => anEntry(`S${i}`, { title: "title ".repeat(100) }));
    for (const list of lists)
      for (const window of [day, week, all])
        await publishChart(stores, { ...todaysSongs(1, 1, entries), list, window });
    await subscribe("slow", ...lists.flatMap((list) => [`${list}.all`, `${list}.day`, `${list}.week`]));
    stores.gateway.send = async () => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      return "sent";
    };

    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const startedAt = performance.now();
    const run = broadcast(1, { sendTimeoutMs: 100 }).then((figures) => ({
      figures,
      endedAt: performance.now(),
    }));
    await vi.advanceTimersByTimeAsync(1000);
    const { figures, endedAt } = await run;

    expect(figures).toMatchObject({ frames: 2, failed: 1 });
    expect(endedAt - startedAt).toBe(100);
  });

  test("a channel is read once, however many listen to it, and not at all while nobody does", async () => {
    await commitEpoch(stores, anEpoch(1));
    for (let n = 0; n < 50; n++) await subscribe(`c${n}`, "songs.day", "plays.recent", "of an older version");
    const { publications } = stores;
    const read = publications.read.bind(publications);
    const keys: string[] = [];
    publications.read = (key) => {
      keys.push(key);
      return read(key);
    };

    const figures = await broadcast(1);

    expect(figures).toMatchObject({ channels: 2, messages: 100 });
    expect(keys.sort()).toEqual(["CHART#songs#d.20261120", "RECENT"]);
  });

  test("connections that cannot all be read fail the state after those that could are served", async () => {
    await commitEpoch(stores, anEpoch(1));
    await subscribe("a", "stats");
    const { subscribers } = stores.connections;
    stores.connections.subscribers = async function* () {
      yield* subscribers.call(stores.connections);
      throw new StoreError("table con: Query of connections failed");
    };

    await expect(broadcast(1)).rejects.toThrow("Query of connections failed");
    expect(stores.gateway.to("a")).toHaveLength(1);
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
