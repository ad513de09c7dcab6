import { describe, expect, test } from "vitest";
import type { EpochMs } from "#src/domain/play.ts";
import type { ConnectionId, ConnectionStore } from "#src/ports/connection-store.ts";
import { collect, namesInUtf8Order, type Open, opened, shuffled } from "./opened.ts";

const expiresAt = 4_102_444_800_000 as EpochMs;
const alice = "L0SM9cOFvHcCIhw=" as ConnectionId;
const bob = "L0SM9cOFvHcCIhx=" as ConnectionId;

async function subscribersOf(store: ConnectionStore, channel: string): Promise<ConnectionId[]> {
  return (await collect(store.subscribers(channel))).sort();
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

      await store.subscribe(alice, "songs.hot", expiresAt);

      expect(await subscribersOf(store, "songs.hot")).toEqual([alice]);
      expect(await store.channelsOf(alice)).toEqual(["songs.hot"]);
    });

    test("subscribing again changes nothing", async () => {
      const store = await opened(open);
      await store.subscribe(alice, "songs.hot", expiresAt);

      await store.subscribe(alice, "songs.hot", (expiresAt + 1) as EpochMs);

      expect(await subscribersOf(store, "songs.hot")).toEqual([alice]);
      expect(await store.channelsOf(alice)).toEqual(["songs.hot"]);
    });

    test("connecting again keeps the subscriptions", async () => {
      const store = await opened(open);
      await store.connect(alice, expiresAt);
      await store.subscribe(alice, "songs.hot", expiresAt);

      await store.connect(alice, expiresAt);

      expect(await store.channelsOf(alice)).toEqual(["songs.hot"]);
    });

    test("unsubscribing ends one subscription and no other", async () => {
      const store = await opened(open);
      await store.subscribe(alice, "songs.hot", expiresAt);
      await store.subscribe(alice, "songs.day", expiresAt);
      await store.subscribe(bob, "songs.hot", expiresAt);

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
      await store.subscribe(bob, "channel.7", expiresAt);
      for (const channel of channels) await store.subscribe(alice, channel, expiresAt);

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
        await store.subscribe(`c-${index}` as ConnectionId, channel, expiresAt);
      }

      for (const [index, channel] of channels.entries()) {
        expect(await subscribersOf(store, channel)).toEqual([`c-${index}`]);
      }
    });

    test("channels are in the order of UTF-8 bytes", async () => {
      const store = await opened(open);
      const channels = namesInUtf8Order.map((suffix) => `c${suffix}`);

      for (const channel of shuffled(channels)) await store.subscribe(alice, channel, expiresAt);

      expect(await store.channelsOf(alice)).toEqual(channels);
    });

    test("a channel has each of hundreds of subscribers once", async () => {
      const store = await opened(open);
      const connections = Array.from({ length: 300 }, (_, n) => `L0SM9c${n}=` as ConnectionId);

      await Promise.all(connections.map((connection) => store.subscribe(connection, "songs.hot", expiresAt)));

      expect(await subscribersOf(store, "songs.hot")).toEqual([...connections].sort());
    });
  });
}
