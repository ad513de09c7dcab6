import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChartDelta, ChartSnapshot, ServerMessage } from "#src/wire/push-protocol.ts";
import { describeDeployed } from "./harness/describe-deployed.ts";
import { expectRecount } from "./harness/expect-recount.ts";
import { PushListener } from "./harness/push-listener.ts";
import { named, wirePlay } from "./harness/wire-plays.ts";

const channel = "songs.all";

type ChartMessage = ChartSnapshot | ChartDelta;

const isChart = (message: ServerMessage): message is ChartMessage =>
  (message.type === "snapshot" || message.type === "delta") && message.channel === channel;

/** How many plays a message says a song has; undefined where it does not mention them. */
function playsIn(message: ChartMessage, track: string): number | undefined {
  const entries = message.type === "snapshot" ? message.entries : [...message.enter, ...message.update];
  return entries.find(({ id }) => id === track)?.plays;
}

describeDeployed("a WebSocket client of the deployed API", ({ system, deployment }) => {
  const user = named("listener");
  const track = named("pushed");
  let listener: PushListener;

  const put = async (plays: number): Promise<void> => {
    const texts = Array.from({ length: plays }, () => wirePlay({ user, track }));
    await system.put({ key: user, data: gzipSync(`${texts.join("\n")}\n`) });
  };

  const updateWith = (plays: number): Promise<ChartMessage> =>
    listener.next(
      `an update with ${plays} plays`,
      (message): message is ChartMessage => isChart(message) && playsIn(message, track) === plays,
    );

  beforeAll(async () => {
    const earlier = wirePlay({ user: named("before"), track: named("before") });
    await system.put({ key: named("before"), data: earlier });
    await expectRecount(system, [earlier]); // so that there is something to subscribe to
    listener = await PushListener.open(deployment.webSocketUrl);
  });

  afterAll(() => listener?.close());

  test("gets a snapshot when it subscribes", async () => {
    listener.send({ action: "subscribe", channel });
    const snapshot = await listener.next("a snapshot", isChart);

    expect(snapshot.type).toBe("snapshot");
    expect(snapshot.total).toBeGreaterThan(0);
    expect(snapshot.log).toMatch(/\/all$/);
  });

  test("gets a delta with the next epoch, without asking", async () => {
    await put(600); // among those that a message shows
    const first = await updateWith(600);
    await put(1);
    const second = await updateWith(601);

    expect(second.type).toBe("delta");
    expect(second).toMatchObject({ log: first.log, seq: first.seq + 1 });
    expect(second.epoch).toBeGreaterThan(first.epoch);
  });

  test("is told what it holds when it pings", async () => {
    listener.send({ action: "ping" });
    const pong = await listener.next(
      "a pong",
      (message): message is Extract<ServerMessage, { type: "pong" }> => message.type === "pong",
    );

    expect(pong.channels[channel]?.seq).toBeGreaterThan(0);
  });

  test("is told what is wrong with a message", async () => {
    listener.send({ action: "subscribe", channel: "films.hot" });
    const error = await listener.next(
      "an error",
      (message): message is Extract<ServerMessage, { type: "error" }> => message.type === "error",
    );

    expect(error.reason).toBe("unknown_channel");
  });
});
