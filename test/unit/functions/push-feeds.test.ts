import { describe, expect, test } from "vitest";
import { planCorrection } from "#cli/forget/plan-correction.ts";
import { ChannelCopy } from "#src/client/channel-copy.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs, Play, UserId } from "#src/domain/play.ts";
import { dayMs, minuteMs } from "#src/domain/windows.ts";
import { maxFrameBytes } from "#src/wire/push-limits.ts";
import type { ServerMessage, Version } from "#src/wire/push-protocol.ts";
import { aPlay } from "#test/support/builders.ts";
import { Live } from "#test/support/live.ts";

type Message = Exclude<ServerMessage, { type: "pong" | "error" }>;

const playsAt = (live: Live, count: number, overrides: Parameters<typeof aPlay>[0] = {}): readonly Play[] =>
  Array.from({ length: count }, (_, i) => aPlay({ startedAt: live.now - i, msPlayed: 60_000, ...overrides }));

/** Four epochs ten minutes apart. */
async function aBusyHour(): Promise<Live> {
  const live = new Live();
  for (let i = 0; i < 4; i++) {
    await live.put(playsAt(live, 15));
    live.now = (live.now + 10 * minuteMs) as EpochMs;
  }
  return live;
}

const subscribe = async (live: Live, channel: string, since?: Version) =>
  (await live.say({ action: "subscribe", channel, since })) as unknown as Message[];

/** What a client makes of the messages. */
function copyOf(messages: readonly Record<string, unknown>[]): ChannelCopy {
  const copy = new ChannelCopy();
  for (const message of messages) copy.take(message as unknown as Message);
  return copy;
}

const kinds = (messages: readonly Record<string, unknown>[]) => messages.map(({ type }) => type);

describe.each(["plays.recent", "stats"])("a subscriber of %s", (channel) => {
  test("gets a delta an epoch, which together make what a new subscriber is shown", async () => {
    const live = await aBusyHour();
    await subscribe(live, channel);
    for (let i = 0; i < 6; i++) {
      live.now = (live.now + 40_000) as EpochMs;
      await live.put(playsAt(live, 5 + i));
    }

    const heard = [...live.heard()];
    const [fresh] = await subscribe(live, channel);

    expect(kinds(heard)).toEqual(["snapshot", ...Array(6).fill("delta")]);
    expect(copyOf(heard)).toMatchObject({ held: fresh, isBehind: false });
  });

  test("who was away gets one delta of all that was missed, and a version is known when it is the newest", async () => {
    const live = await aBusyHour();
    const first = await subscribe(live, channel);
    await live.say({ action: "unsubscribe", channel });
    for (let i = 0; i < 4; i++) {
      live.now = (live.now + 40_000) as EpochMs;
      await live.put(playsAt(live, 3));
    }

    const { held: { log = "", seq = 0 } = {} } = copyOf(first as unknown as Record<string, unknown>[]);
    const answers = await subscribe(live, channel, { log, seq });
    const [fresh] = await subscribe(live, channel);

    expect(answers).toMatchObject([{ type: "delta", from: 4, seq: 8 }]);
    expect(copyOf([...first, ...answers] as unknown as Record<string, unknown>[]).held).toEqual(fresh);
    expect(await subscribe(live, channel, { log, seq: 8 })).toMatchObject([{ type: "current" }]);
  });

  test("who holds a version of another store, or one that is still to come, gets a snapshot", async () => {
    const live = new Live();
    await live.put(playsAt(live, 15));
    await live.put(playsAt(live, 1));
    const [{ log }] = (await subscribe(live, channel)) as [Message];

    for (const since of [
      { log: "other/x", seq: 1 },
      { log, seq: 9 },
      { log, seq: -1 },
    ]) {
      expect(await subscribe(live, channel, since)).toMatchObject([{ type: "snapshot", seq: 2 }]);
    }
  });
});

describe("the feed of recent plays", () => {
  test("takes twenty plays of an epoch, and none where all are older than what it keeps", async () => {
    const live = new Live();
    for (let i = 0; i < 5; i++) await live.put(playsAt(live, 30));
    const [snapshot] = await subscribe(live, "plays.recent");
    await live.put(playsAt(live, 30));
    await live.put([aPlay({ startedAt: live.now - dayMs })]);

    expect(snapshot).toMatchObject({ total: 100, seq: 5 });
    const [, delta, ...more] = live.heard();
    expect(delta).toMatchObject({ type: "delta", from: 5, seq: 6, total: 100 });
    expect(delta?.["enter"]).toHaveLength(20);
    expect(more).toEqual([]);
  });

  test("fits into a frame, and so does what follows a snapshot that was cut off", async () => {
    const live = new Live();
    const long = { track: { id: "t", artist: "ü".repeat(500), title: "x".repeat(900) } };
    for (let i = 0; i < 10; i++) await live.put(playsAt(live, 20, long));
    const [cut] = await subscribe(live, "plays.recent");
    for (let i = 0; i < 3; i++) await live.put(playsAt(live, 2));
    const heard = [...live.heard()];
    const [fresh] = await subscribe(live, "plays.recent");

    for (const message of heard)
      expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThanOrEqual(maxFrameBytes);
    const { held } = copyOf(heard);
    if (held?.channel !== "plays.recent" || cut?.channel !== "plays.recent")
      throw new Error("another channel");
    if (cut.type !== "snapshot" || fresh?.channel !== "plays.recent" || fresh.type !== "snapshot")
      throw new Error("no snapshot");
    expect(cut.entries.length).toBeLessThan(cut.total);
    expect(held.total).toBe(fresh.total);
    expect(held.entries.slice(0, fresh.entries.length)).toEqual(fresh.entries);
  });

  test("sends whole snapshots from before a listener was forgotten on: a delta takes nothing out", async () => {
    const live = new Live();
    await live.put([...playsAt(live, 15), aPlay({ userId: "gone", startedAt: live.now })]);
    const [before] = (await subscribe(live, "plays.recent")) as [Message];
    const { stores } = live.pipeline;
    const base = await stores.epochs.latest();
    if (base === undefined) throw new Error("no epoch");
    const correction = { userId: "gone" as UserId, counters: [], windows: [], rejects: [] };
    await planCorrection(stores, base, correction, live.now);

    await live.run();
    await live.put(playsAt(live, 1));

    expect(kinds(live.heard())).toEqual(["snapshot", "snapshot", "delta"]);
    const held = (await subscribe(live, "plays.recent", { log: before.log, seq: before.seq }))[0];
    expect(held).toMatchObject({ type: "snapshot", seq: 3, total: 16 });
  });
});

describe("the stats", () => {
  test("are all-time totals, the last hour's minutes, and how the last verification ended", async () => {
    const live = new Live();
    const track = { durationMs: 100_000 };
    await live.pipeline.stores.epochs.noteVerification({
      ...{ at: live.now, epoch: 0 as EpochNumber, from: undefined, to: undefined, processingMs: 1 },
      ...{
        kinds: [{ kind: "songs", compared: 3, drift: 1 }],
        differences: ["SONG#x plays: expected 1, stored 2"],
      },
    });
    const minute = live.now - (live.now % minuteMs);
    await live.put([
      aPlay({ userId: "a", startedAt: live.now, msPlayed: 90_000, track }),
      aPlay({ userId: "b", startedAt: live.now, msPlayed: 10_000, track }),
    ]);

    const [snapshot] = await subscribe(live, "stats");

    expect(snapshot).toMatchObject({
      stats: { plays: 2, unqualified: 1, completes: 1, skips: 1, listened_ms: 100_000, epoch: 1 },
      minutes: [
        { minute, plays: 2, unqualified: 1, completes: 1, skips: 1, listened_ms: 100_000, listeners: 2 },
      ],
    });
    expect(snapshot).toMatchObject({ stats: { verification: { drift: 1 } } });
    expect(JSON.stringify(snapshot)).not.toMatch(/"ann|SONG#x|figures|processingMs/);
  });

  test("a delta has the minutes that changed and no other", async () => {
    const live = new Live();
    await live.put(playsAt(live, 1));
    live.now = (live.now + 2 * minuteMs) as EpochMs;
    await live.put(playsAt(live, 1));
    await subscribe(live, "stats");
    await live.put(playsAt(live, 3));

    const [, delta] = live.heard();

    expect(delta).toMatchObject({
      type: "delta",
      from: 2,
      seq: 3,
      minutes: [{ plays: 4 }],
      stats: { plays: 5 },
    });
  });
});

describe("how today's plays ended", () => {
  const skipped = { msPlayed: 10_000, endReason: "skip" } as const;

  test("is told with each epoch that has plays", async () => {
    const live = new Live();
    await live.put([...playsAt(live, 2), ...playsAt(live, 1, skipped)]);
    await subscribe(live, "dims.skips");
    await live.put(playsAt(live, 1, skipped));

    const counts = { completed: 0, neither: 2 };
    expect(live.heard()).toEqual([
      expect.objectContaining({
        type: "snapshot",
        seq: 1,
        day: "2026-11-20",
        plays: 3,
        skipped: 1,
        ...counts,
      }),
      expect.objectContaining({
        type: "snapshot",
        seq: 2,
        day: "2026-11-20",
        plays: 4,
        skipped: 2,
        ...counts,
      }),
    ]);
  });

  test("begins anew with the day, in a log of its own, also where nobody plays", async () => {
    const live = new Live();
    await live.put(playsAt(live, 2));
    await subscribe(live, "dims.skips");
    live.now = (live.now + dayMs) as EpochMs;

    await live.run();

    expect(live.heard()[1]).toMatchObject({ day: "2026-11-21", seq: 0, plays: 0, neither: 0 });
    expect(new Set(live.heard().map(({ log }) => String(log).split("/")[1]))).toEqual(
      new Set(["d.20261120", "d.20261121"]),
    );
  });

  test("is nothing before the first epoch", async () => {
    expect(await subscribe(new Live(), "dims.skips")).toMatchObject([
      { log: "", seq: 0, day: "1970-01-01", plays: 0 },
    ]);
  });
});
