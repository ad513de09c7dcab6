import { describe, expect, test } from "vitest";
import { createBroadcastHandler } from "#functions/ws-broadcast/broadcast-handler.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";
import { applyChange, deltaKey, deltaRingSize } from "#src/wire/chart-delta.ts";
import type { ChartDelta, ChartSnapshot } from "#src/wire/push-protocol.ts";
import { Live } from "#test/support/live.ts";

const hourMs = 3_600_000;

/** What a new subscriber would be shown. */
async function snapshotOf(live: Live, channel: string): Promise<ChartSnapshot> {
  const [snapshot] = await live.say({ action: "subscribe", channel });
  return snapshot as unknown as ChartSnapshot;
}

/** Forty songs, so that a change is shorter than the list. */
const crowd = Array.from({ length: 40 }, (_, i) => `S${i}`);

const take = (held: ChartSnapshot, delta: ChartDelta): ChartSnapshot => {
  expect(delta).toMatchObject({ type: "delta", log: held.log, seq: held.seq + 1 });
  const entries = applyChange(held.entries, delta);
  if (entries === undefined) throw new Error(`delta ${delta.seq} does not fit`);
  return { ...held, seq: delta.seq, epoch: delta.epoch, now: delta.now, total: delta.total, entries };
};

const asDeltas = (messages: readonly Record<string, unknown>[]) => messages as unknown as ChartDelta[];

describe.each(["songs.hot", "songs.hot24", "songs.day", "songs.all", "artists.hour", "dims.genre"])(
  "a subscriber of %s",
  (channel) => {
    test("gets a delta an epoch, which together make what a new subscriber is shown", async () => {
      const live = new Live();
      await live.play(...crowd, ...crowd.slice(0, 20));
      let held = await snapshotOf(live, channel);
      const heardBefore = live.heard().length;

      await live.play("S30", "S30", "S30");
      await live.play("new");
      await live.play("S7", "S39", "S39");

      const deltas = live.heard().slice(heardBefore);
      expect(deltas.map(({ type }) => type)).toEqual(["delta", "delta", "delta"]);
      for (const delta of asDeltas(deltas)) held = take(held, delta);
      expect(held).toEqual(await snapshotOf(live, channel));
      expect(held.total).toBe(41);
    });

    test("who was away gets the deltas that are missing, in order", async () => {
      const live = new Live();
      await live.play(...crowd);
      let held = await snapshotOf(live, channel);
      await live.say({ action: "unsubscribe", channel });
      await live.play("S3");
      await live.play("S4", "S4");

      const answers = await live.say({
        action: "subscribe",
        channel,
        since: { log: held.log, seq: held.seq },
      });

      expect(answers.map(({ type }) => type)).toEqual(["delta", "delta"]);
      for (const delta of asDeltas(answers)) held = take(held, delta);
      expect(held).toEqual(await snapshotOf(live, channel));
    });
  },
);

test("a broadcast says how much its deltas saved, once a channel", async () => {
  const live = new Live();
  await live.play(...crowd);
  for (const connection of ["a", "b"] as ConnectionId[]) {
    for (const channel of ["songs.day", "stats"]) {
      await live.push.connections.subscribe(connection, channel, (live.now + hourMs) as EpochMs, 2);
    }
  }

  const before = live.heard().length;
  const snapshot = await snapshotOf(live, "songs.day");
  await live.play("S1");

  const [delta] = live.heard().slice(before + 1);
  const [entry] = live.push.logger.entries.slice(-1);
  const deltaBytes = Buffer.byteLength(JSON.stringify(delta));
  expect(delta).toMatchObject({ type: "delta", channel: "songs.day" });
  expect(entry).toMatchObject({ message: "epoch broadcast", fields: { channels: 2, deltas: 1, deltaBytes } });
  const snapshotBytes = Number(entry?.fields?.["snapshotBytes"]);
  expect(Math.abs(snapshotBytes - Buffer.byteLength(JSON.stringify(snapshot)))).toBeLessThan(100);
});

test("who was away for longer than deltas are kept gets a snapshot", async () => {
  const live = new Live();
  await live.play(...crowd, ...crowd);
  const { log, seq } = await snapshotOf(live, "songs.day");
  for (let i = 0; i < deltaRingSize; i++) await live.play("S1");
  const since = (versions: number) => ({ log, seq: seq + versions });
  const subscribe = { action: "subscribe", channel: "songs.day" };

  const justKept = await live.say({ ...subscribe, since: since(0) });
  await live.play("S1");
  const gone = await live.say({ ...subscribe, since: since(0) });

  expect(justKept.map(({ type }) => type)).toEqual(Array(deltaRingSize).fill("delta"));
  expect(gone).toMatchObject([{ type: "snapshot", seq: seq + deltaRingSize + 1 }]);
});

test("an epoch that replaces what is shown is sent as a snapshot, which is shorter", async () => {
  const live = new Live();
  const hundred = Array.from({ length: 100 }, (_, i) => `T${i}`);
  await live.play(...hundred);
  await snapshotOf(live, "songs.all");

  await live.play(...hundred.flatMap((id) => [`${id}b`, `${id}b`]));

  expect(live.heard().at(-1)).toMatchObject({ type: "snapshot", total: 200 });
});

test("a dimension's channel is today's chart of its values, and another day has another log", async () => {
  const live = new Live();
  await live.play("S1", "S2", "S2");
  const today = await snapshotOf(live, "dims.genre");
  live.now = (live.now + 24 * hourMs) as EpochMs;

  await live.play("S3");

  expect(today).toMatchObject({ channel: "dims.genre", total: 2, seq: 1 });
  expect(today.entries).toMatchObject([
    { rank: 1, id: "genre of S2", title: "", artist: "", plays: 2, score: 2, peak: 1 },
    { rank: 2, id: "genre of S1", title: "", artist: "", plays: 1, score: 1 },
  ]);
  const [tomorrow] = live.heard().slice(-1);
  expect(tomorrow).toMatchObject({ type: "snapshot", channel: "dims.genre", seq: 1 });
  expect(tomorrow).toMatchObject({ entries: [{ id: "genre of S3", plays: 1 }] });
  expect(tomorrow?.["log"]).not.toBe(today.log);
});

test("deltas are kept only of what can be subscribed to", async () => {
  const live = new Live();
  await live.play("S1");
  await live.play("S1");
  const { publications } = live.pipeline.stores;

  expect(await publications.read(deltaKey("genres", "day", 2))).toBeDefined();
  expect(await publications.read(deltaKey("genres", "all", 2))).toBeUndefined();
});

test("a window that rolls over starts with a snapshot and never takes the deltas of the last one", async () => {
  const live = new Live();
  await live.play(...crowd);
  await live.play("S1");
  const held = await snapshotOf(live, "songs.hour");
  live.now = (live.now + hourMs) as EpochMs;

  await live.play(...crowd);
  const [rolled] = live.heard().slice(-1);
  await live.play("S2");
  const since = { log: rolled?.["log"], seq: 1 };
  const answers = await live.say({ action: "subscribe", channel: "songs.hour", since });
  const old = await live.say({
    action: "subscribe",
    channel: "songs.hour",
    since: { log: held.log, seq: 1 },
  });

  expect(rolled).toMatchObject({ type: "snapshot", seq: 1 });
  expect(rolled?.["log"]).not.toBe(held.log);
  expect(answers).toMatchObject([{ type: "delta", seq: 2, update: [{ id: "S2", rank: 1, plays: 2 }] }]);
  expect(old).toMatchObject([{ type: "snapshot", seq: 2 }]);
});

test("a chart that a later epoch has already changed again sends the delta of the epoch that is broadcast", async () => {
  const live = new Live();
  await live.play(...crowd);
  await snapshotOf(live, "songs.all");
  await live.play("S1");
  await live.play("S2");
  const before = live.heard().length;
  const { epochs, publications } = live.pipeline.stores;

  await createBroadcastHandler({ ...live.push, epochs, publications })({ epoch: 2 as never });

  expect(live.heard().slice(before)).toMatchObject([{ type: "delta", seq: 2, update: [{ id: "S1" }] }]);
});

describe("the slots that the instances of a window share", () => {
  test("are not taken by plays that are late for the last hour", async () => {
    const live = new Live();
    await live.play(...crowd);
    await live.play("S1");
    const lastHour = live.now;
    live.now = (live.now + hourMs) as EpochMs;
    await live.play(...crowd);
    await live.play("S2");
    const held = await snapshotOf(live, "songs.hour");
    await live.play("S3");

    await live.playAt(lastHour, "S4"); // the third version of the last hour's chart, as S3 made of this one

    const since = { log: held.log, seq: held.seq };
    const answers = await live.say({ action: "subscribe", channel: "songs.hour", since });
    expect(answers).toMatchObject([{ type: "delta", seq: 3, update: [{ id: "S3" }] }]);
  });

  test("give nobody the change of another hour under the same number", async () => {
    const live = new Live();
    await live.play(...crowd);
    for (const id of ["S1", "S2", "S3"]) await live.play(id);
    live.now = (live.now + hourMs) as EpochMs;
    await live.play(...crowd);
    await live.play("S5");
    const { log, seq } = await snapshotOf(live, "songs.hour");
    // A store whose slot of this version was lost: there stands the last hour's.
    const { publications } = live.pipeline.stores;
    const key = deltaKey("songs", "hour", seq);
    const own = await publications.read(key);
    if (own === undefined) throw new Error("no delta");
    const body = own.body.replace(/"window":"[^"]+"/, '"window":"h.2020010100"');
    await publications.write(key, { epoch: (own.epoch + 1) as EpochNumber, body });

    expect(
      await live.say({ action: "subscribe", channel: "songs.hour", since: { log, seq: seq - 1 } }),
    ).toMatchObject([{ type: "snapshot", seq }]);
  });
});

test("a run that dies between a delta and its chart leaves neither a gap nor a change twice", async () => {
  const live = new Live();
  await live.play(...crowd);
  let held = await snapshotOf(live, "songs.all");
  const { publications } = live.pipeline.stores;
  const write = publications.write.bind(publications);
  let isDead = false;
  publications.write = (key, publication) => {
    isDead ||= key === "CHART#songs#all" && publication.epoch === 2;
    return isDead ? Promise.reject(new Error("the container is gone")) : write(key, publication);
  };
  await expect(live.play("S1")).rejects.toThrow("the container is gone");

  expect((await publications.read(deltaKey("songs", "all", 2)))?.epoch).toBe(2);
  expect((await snapshotOf(live, "songs.all")).seq).toBe(1);
  publications.write = write;
  const before = live.heard().length;
  await live.play("S2"); // resumes epoch 2, and then counts this

  const [delta, ...others] = asDeltas(live.heard().slice(before)).filter(
    ({ channel }) => channel === "songs.all",
  );
  expect(others).toEqual([]);
  if (delta === undefined) throw new Error("no delta");
  held = take(held, delta);
  expect(held.entries.find(({ id }) => id === "S1")?.plays).toBe(2);
});
