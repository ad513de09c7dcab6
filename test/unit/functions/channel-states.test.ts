import { beforeEach, expect, test } from "vitest";
import { ChannelStates } from "#functions/ws-broadcast/channel-states.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { dayMs } from "#src/domain/windows.ts";
import { aMoment } from "#test/support/arbitraries.ts";
import {
  anEntry,
  anEpoch,
  type MemoryStores,
  memoryStores,
  publishChart,
  todaysSongs,
} from "#test/support/published.ts";

let stores: MemoryStores;
let reads: string[];
let states: ChannelStates;
beforeEach(() => {
  stores = memoryStores();
  reads = [];
  const read = stores.publications.read.bind(stores.publications);
  stores.publications.read = (key) => {
    reads.push(key);
    return read(key);
  };
  states = new ChannelStates(stores);
});

test("a channel is read once an epoch, however many ask", async () => {
  await publishChart(stores, todaysSongs(1, 4, [anEntry("S1")]));
  const asked = Array.from({ length: 20 }, () => states.of(anEpoch(1), "songs.day"));

  const answers = await Promise.all([...asked, states.of(anEpoch(1), "songs.day")]);

  expect(new Set(answers.map(({ version }) => version.seq))).toEqual(new Set([4]));
  expect(reads).toHaveLength(1);
});

test("another epoch, and another store, is read anew", async () => {
  await publishChart(stores, todaysSongs(1, 4, [anEntry("S1")]));
  await states.of(anEpoch(1), "songs.day");
  await publishChart(stores, todaysSongs(2, 5, [anEntry("S2")]));

  expect((await states.of(anEpoch(2), "songs.day")).version.seq).toBe(5);
  expect((await states.of(anEpoch(2, { storeId: "other" }), "songs.day")).version.log).toBe(
    "other/d.20261120",
  );
  const tomorrow = anEpoch(3, { now: (aMoment + dayMs) as EpochMs });
  expect((await states.of(tomorrow, "songs.day")).version).toEqual({ log: "store/d.20261121", seq: 0 });
});

test("a read that failed is tried again", async () => {
  const { read } = stores.publications;
  stores.publications.read = () => Promise.reject(new Error("throttled"));
  await expect(states.of(anEpoch(1), "songs.day")).rejects.toThrow("throttled");

  stores.publications.read = read;

  expect((await states.of(anEpoch(1), "songs.day")).version.seq).toBe(0);
});
