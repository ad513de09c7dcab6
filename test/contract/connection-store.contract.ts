import { describe, expect, test } from "vitest";
import type { EpochMs } from "#src/domain/play.ts";
import type { ConnectionId, ConnectionStore } from "#src/ports/connection-store.ts";
import { collect, namesInUtf8Order, type Open, opened, shuffled } from "./opened.ts";

const expiresAt = 4_102_444_800_000 as EpochMs;
const alice = "L0SM9cOFvHcCIhw=" as ConnectionId;
/** More channels than any of these tests takes. */
const many = 100;
const bob = "L0SM9cOFvHcCIhx=" as ConnectionId;

async function subscribersOf(store: ConnectionStore, channel: string): Promise<ConnectionId[]> {
  const subscribers = await collect(store.subscribers());
  return subscribers
    .filter(({ channels }) => channels.includes(channel))
    .map(({ connection }) => connection)
    .sort();
}

/** What every ConnectionStore does. */
export function connectionStoreContract(name: string, open: Open<ConnectionStore>): void {
  describe(`${name} as a ConnectionStore`, () => {
    test("a connection starts without channels and a channel without subscribers", async () => {
      const store = await opened(open);

      await store.connect(alice, expiresAt);

      expect(await store.channelsOf(alice)).toEqual([]);
      expect(await store.channelsOf(bob)).toEqual([]);
      expect(await subscribersOf(store, "songs.hot")).toEqual([]);
    });

    test("a subscription shows from both sides", async () => {
      const store = await opened(open);
      await store.connect(alice, expiresAt);

      await store.subscribe(alice, "songs.hot", expiresAt, many);

      expect(await subscribersOf(store, "songs.hot")).toEqual([alice]);
      expect(await store.channelsOf(alice)).toEqual(["songs.hot"]);
    });

    test("subscribing again changes nothing", async () => {
      const store = await opened(open);
      await store.subscribe(alice, "songs.hot", expiresAt, many);

      await store.subscribe(alice, "songs.hot", (expiresAt + 1) as EpochMs, many);

      expect(await subscribersOf(store, "songs.hot")).toEqual([alice]);
      expect(await store.channelsOf(alice)).toEqual(["songs.hot"]);
    });

    test("connecting again keeps the subscriptions", async () => {
      const store = await opened(open);
      await store.connect(alice, expiresAt);
      await store.subscribe(alice, "songs.hot", expiresAt, many);

      await store.connect(alice, expiresAt);

      expect(await store.channelsOf(alice)).toEqual(["songs.hot"]);
    });

    test("a connection gets no more channels than it may have, and keeps those it has", async () => {
      const store = await opened(open);
      for (const channel of ["a", "b"])
        expect(await store.subscribe(alice, channel, expiresAt, 2)).toBe(true);

      expect(await store.subscribe(alice, "c", expiresAt, 2)).toBe(false);
      expect(await store.subscribe(alice, "a", expiresAt, 2)).toBe(true);
      expect(await store.channelsOf(alice)).toEqual(["a", "b"]);
      await store.unsubscribe(alice, "a");
      expect(await store.subscribe(alice, "c", expiresAt, 2)).toBe(true);
      expect(await store.channelsOf(alice)).toEqual(["b", "c"]);
    });

    test("however many ask at once, a connection gets no more than it may have", async () => {
      const store = await opened(open);
      const asked = Array.from({ length: 12 }, (_, n) => `channel.${n}`);

      const answers = await Promise.all(
        asked.map((channel) => store.subscribe(alice, channel, expiresAt, 5)),
      );

      expect(answers.filter(Boolean)).toHaveLength(5);
      expect(await store.channelsOf(alice)).toHaveLength(5);
    });

    test("every connection that listens to something is listed once, with all of its channels", async () => {
      const store = await opened(open);
      const asked = namesInUtf8Order.map((suffix) => `c${suffix}`);
      for (const channel of shuffled(asked)) await store.subscribe(alice, channel, expiresAt, many);
      await store.subscribe(bob, "songs.hot", expiresAt, many);
      await store.connect("silent" as ConnectionId, expiresAt);
      await store.subscribe("left" as ConnectionId, "songs.hot", expiresAt, many);
      await store.unsubscribe("left" as ConnectionId, "songs.hot");

      const subscribers = await collect(store.subscribers());

      expect(subscribers.sort((a, b) => (a.connection < b.connection ? -1 : 1))).toEqual([
        { connection: alice, channels: asked },
        { connection: bob, channels: ["songs.hot"] },
      ]);
    });

    test("leaving a channel as nobody makes nobody somebody", async () => {
      const store = await opened(open);

      await store.unsubscribe(alice, "songs.hot");

      expect(await collect(store.subscribers())).toEqual([]);
    });

    test("unsubscribing ends one subscription and no other", async () => {
      const store = await opened(open);
      await store.subscribe(alice, "songs.hot", expiresAt, many);
      await store.subscribe(alice, "songs.day", expiresAt, many);
      await store.subscribe(bob, "songs.hot", expiresAt, many);

      await store.unsubscribe(alice, "songs.hot");
      await store.unsubscribe(alice, "songs.week");

      expect(await subscribersOf(store, "songs.hot")).toEqual([bob]);
      expect(await subscribersOf(store, "songs.day")).toEqual([alice]);
      expect(await store.channelsOf(alice)).toEqual(["songs.day"]);
    });

    test("disconnecting forgets every subscription, and doing so again changes nothing", async () => {
      const store = await opened(open);
      const channels = Array.from({ length: 30 }, (_, n) => `channel.${n}`);
      await store.connect(alice, expiresAt);
      await store.subscribe(bob, "channel.7", expiresAt, many);
      for (const channel of channels) await store.subscribe(alice, channel, expiresAt, many);

      await store.disconnect(alice);
      await store.disconnect(alice);

      expect(await store.channelsOf(alice)).toEqual([]);
      for (const channel of channels) {
        expect(await subscribersOf(store, channel)).toEqual(channel === "channel.7" ? [bob] : []);
      }
    });

    test("a channel whose name begins like another's has its own subscribers", async () => {
      const store = await opened(open);
      const channels = ["songs", "songs.hot", "songs#0", "songs#", "Songs"];

      for (const [index, channel] of channels.entries()) {
        await store.subscribe(`c-${index}` as ConnectionId, channel, expiresAt, many);
      }

      for (const [index, channel] of channels.entries()) {
        expect(await subscribersOf(store, channel)).toEqual([`c-${index}`]);
      }
    });

    test("channels are in the order of UTF-8 bytes", async () => {
      const store = await opened(open);
      const channels = namesInUtf8Order.map((suffix) => `c${suffix}`);

      for (const channel of shuffled(channels)) await store.subscribe(alice, channel, expiresAt, many);

      expect(await store.channelsOf(alice)).toEqual(channels);
    });

    test("a channel has each of hundreds of subscribers once", async () => {
      const store = await opened(open);
      const connections = Array.from({ length: 300 }, (_, n) => `L0SM9c${n}=` as ConnectionId);

      await Promise.all(
        connections.map((connection) => store.subscribe(connection, "songs.hot", expiresAt, many)),
      );

      expect(await subscribersOf(store, "songs.hot")).toEqual([...connections].sort());
    });
  });
}
