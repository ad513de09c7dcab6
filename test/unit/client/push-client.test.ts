import { beforeEach, describe, expect, test } from "vitest";
import { type ConnectionState, PushClient, type PushClientOptions } from "#src/client/push-client.ts";
import { maxSubscriptions } from "#src/wire/push-limits.ts";
import { type Channel, type ChartSnapshot, channels, type ProtocolError } from "#src/wire/push-protocol.ts";
import { FakeNetwork } from "./fake-network.ts";
import { aChart, currentAt, dayLog, entering, pongAt } from "./messages.ts";
import { VirtualTime } from "./virtual-time.ts";

const startedAt = 5_000_000;
const lifeMs = 1_000_000;

let time: VirtualTime;
let network: FakeNetwork;
let states: ConnectionState[];
let errors: ProtocolError[];
beforeEach(() => {
  time = new VirtualTime(startedAt);
  network = new FakeNetwork();
  states = [];
  errors = [];
});

function aClient(over: Partial<PushClientOptions> = {}): PushClient {
  return new PushClient({
    url: "ws://server/ws",
    ...{ WebSocket: network.WebSocket, clock: time.clock, random: () => 0.5 },
    ...{ setTimer: time.setTimer, clearTimer: time.clearTimer },
    onState: (state) => states.push(state),
    onError: (error) => errors.push(error),
    ...over,
  });
}

/** A client that is subscribed to `songs.day` and holds version 1 of it; `shown` is every version it was told. */
function aLiveClient(over: Partial<PushClientOptions> = {}) {
  const client = aClient(over);
  const shown: ChartSnapshot[] = [];
  const unsubscribe = client.subscribe("songs.day", (held) => shown.push(held));
  client.start();
  const socket = network.newest.open();
  socket.hear(aChart(1, ["A"]), pongAt(startedAt, { "songs.day": { log: dayLog, seq: 1 } }));
  socket.heard();
  return { client, shown, unsubscribe, socket };
}

const seqsOf = (shown: readonly ChartSnapshot[]) => shown.map(({ seq }) => seq);
const since = (seq: number) => ({ action: "subscribe", channel: "songs.day", since: { log: dayLog, seq } });
const subscribeTo = (channel: Channel) => ({ action: "subscribe", channel });

describe("connecting", () => {
  test("subscribes what is wanted once it is open, and is live", () => {
    const client = aClient();
    client.subscribe("songs.day", () => undefined);
    client.subscribe("stats", () => undefined);

    client.start();

    expect(network.newest.url).toBe("ws://server/ws");
    expect(states).toEqual(["connecting"]);
    expect(network.newest.open().heard()).toEqual([
      subscribeTo("songs.day"),
      subscribeTo("stats"),
      { action: "ping" },
    ]);
    expect(states).toEqual(["connecting", "live"]);
  });

  test("the address is asked for before each connection", () => {
    let token = 0;
    const client = aClient({ url: () => `ws://server/ws?token=${++token}` });
    client.start();

    network.newest.break();
    time.advance(1000);

    expect(network.sockets.map(({ url }) => url)).toEqual([
      "ws://server/ws?token=1",
      "ws://server/ws?token=2",
    ]);
  });

  test("a restart connects to what the address is now, with what is held and subscribed", () => {
    let token = "old";
    const { client, socket, shown } = aLiveClient({ url: () => `ws://server/ws?token=${token}` });
    token = "new";

    client.restart();

    expect(socket.readyState).toBe(3);
    expect(network.newest.url).toBe("ws://server/ws?token=new");
    expect(network.newest.open().heard()).toEqual([since(1), { action: "ping" }]);
    expect(states).toEqual(["connecting", "live", "connecting", "live"]);
    expect(seqsOf(shown)).toEqual([1]);
  });

  test("a connection that does not open within 10 s is given up", () => {
    aClient().start();

    time.advance(10_000);

    expect(states).toEqual(["connecting", "reconnecting"]);
    expect(network.newest.readyState).toBe(3);
    time.advance(1000);
    expect(network.sockets).toHaveLength(2);
  });

  test("waits longer after each failure, within bounds, and from the start again after an answer", () => {
    aClient().start();
    const waits: (number | undefined)[] = [];
    const breakAndWait = () => {
      network.newest.break();
      waits.push(time.nextInMs);
      time.advance(time.nextInMs ?? 0);
    };

    for (let i = 0; i < 7; i++) breakAndWait();
    network.newest.open().hear(pongAt(startedAt, {}));
    breakAndWait();

    expect(waits).toEqual([750, 1250, 2250, 4250, 7750, 7750, 7750, 750]);
  });

  test("a server that opens and says nothing is no success", () => {
    aClient().start();

    network.newest.open().break();
    const first = time.nextInMs;
    time.advance(1000);
    network.newest.open().break();

    expect([first, time.nextInMs]).toEqual([750, 1250]);
  });

  test("waking up does not wait for the next attempt", () => {
    const client = aClient();
    client.start();
    network.newest.break();

    client.wake();

    expect(network.sockets).toHaveLength(2);
    network.newest.open();
    time.advance(5000);
    expect(network.sockets).toHaveLength(2);
  });

  test("closing ends everything: no timer, no further word", () => {
    const { client, socket } = aLiveClient();
    client.subscribe("stats", () => undefined);
    client.subscribe("plays.recent", () => undefined)();

    client.close();
    socket.break();

    expect(socket.readyState).toBe(3);
    expect(time.nextInMs).toBeUndefined();
    expect(states).toEqual(["connecting", "live"]);
  });
});

describe("listeners", () => {
  test("share a subscription, and a later one is told at once what is held", () => {
    const { client, socket } = aLiveClient();
    const later: ChartSnapshot[] = [];

    client.subscribe("songs.day", (held) => later.push(held));
    socket.hear(entering(2, "B"));

    expect(seqsOf(later)).toEqual([1, 2]);
    expect(socket.heard()).toEqual([]);
  });

  test("a channel is unsubscribed a second after the last one went", () => {
    const { client, unsubscribe, socket } = aLiveClient();
    const other = client.subscribe("songs.day", () => undefined);

    unsubscribe();
    time.advance(1000);
    expect(socket.heard()).toEqual([]);
    other();
    other();
    time.advance(999);
    expect(socket.heard()).toEqual([]);
    time.advance(1);

    expect(socket.heard()).toEqual([{ action: "unsubscribe", channel: "songs.day" }]);
  });

  test("one that comes back within the second costs no message, and is told what came meanwhile", () => {
    const { client, unsubscribe, socket } = aLiveClient();
    const shown: ChartSnapshot[] = [];

    unsubscribe();
    time.advance(500);
    socket.hear(entering(2, "B"));
    time.advance(499);
    client.subscribe("songs.day", (held) => shown.push(held));
    time.advance(5000);

    expect(seqsOf(shown)).toEqual([2]);
    expect(socket.heard()).toEqual([]);
  });

  test("the second begins anew each time the last one goes", () => {
    const { client, unsubscribe, socket } = aLiveClient();

    unsubscribe();
    time.advance(900);
    client.subscribe("songs.day", () => undefined)();
    time.advance(999);
    expect(socket.heard()).toEqual([]);
    time.advance(1);

    expect(socket.heard()).toEqual([{ action: "unsubscribe", channel: "songs.day" }]);
  });

  test("channels that nobody listens to leave at once where a new one would be one too many", () => {
    const { client, unsubscribe, socket } = aLiveClient();
    const others = channels.filter((channel) => channel !== "songs.day").slice(0, maxSubscriptions - 1);
    const ends = others.slice(1).map((channel) => client.subscribe(channel, () => undefined));
    socket.heard();
    unsubscribe();
    ends[0]?.();

    client.subscribe(others[0] ?? "stats", () => undefined); // the sixteenth
    expect(socket.heard()).toEqual([subscribeTo(others[0] ?? "stats")]);
    client.subscribe("plays.recent", () => undefined);

    expect(socket.heard()).toEqual([
      { action: "unsubscribe", channel: "songs.day" },
      { action: "unsubscribe", channel: others[1] },
      subscribeTo("plays.recent"),
    ]);
    time.advance(1000);
    expect(socket.heard()).toEqual([]);

    const refusal = { type: "error", reason: "too_many_subscriptions", message: "16 are enough" };
    socket.hear({ ...refusal, channel: "plays.recent" }); // it overtook those that made room for it
    time.advance(9000);
    expect(errors).toEqual([]);
    expect(socket.asked()).toContainEqual(subscribeTo("plays.recent"));
    socket.hear({ ...refusal, channel: "plays.recent" });
    expect(errors).toMatchObject([{ channel: "plays.recent" }]);
  });

  test("a channel that nobody listens to is not taken along to another address", () => {
    const { client, unsubscribe } = aLiveClient();
    client.subscribe("stats", () => undefined);
    unsubscribe();

    client.restart();

    expect(network.newest.open().asked()).toEqual([subscribeTo("stats")]);
  });

  test("are told nothing of a channel that they left", () => {
    const { shown, unsubscribe, socket } = aLiveClient();

    unsubscribe();
    socket.hear(entering(2, "B"));
    time.advance(1);
    socket.hear(entering(3, "C"));

    expect(seqsOf(shown)).toEqual([1]);
  });

  test("every message can be listened to, one a frame or several, and what is none is ignored", () => {
    const heard: unknown[] = [];
    const { socket } = aLiveClient({ onMessage: ({ type }) => heard.push(type) });
    const error = { type: "error", reason: "unknown_channel", message: "there is no channel “é”" };
    const before = heard.length;

    socket.hear(error, "{", { type: "of a newer server" }, [error, { type: "of a newer server" }, error], []);

    expect(heard.slice(before)).toEqual(["error", "error", "error"]);
    expect(errors).toHaveLength(3);
    expect(errors[0]).toEqual({ reason: error.reason, message: error.message });
  });

  test("the messages of a frame are taken in their order", () => {
    const { shown, socket } = aLiveClient();

    socket.hear([entering(2, "B"), entering(3, "C")]);

    expect(seqsOf(shown)).toEqual([1, 2, 3]);
    expect(shown.at(-1)?.entries.map(({ id }) => id)).toEqual(["C", "B", "A"]);
  });
});

describe("what is lost", () => {
  test("a delta that misses the one before asks since what is held, once", () => {
    const { shown, socket } = aLiveClient();

    socket.hear(entering(3, "C"), entering(4, "D"));
    expect(socket.heard()).toEqual([since(1)]);
    socket.hear(entering(2, "B"), entering(3, "C"), entering(4, "D"));

    expect(seqsOf(shown)).toEqual([1, 4]);
    expect(shown.at(-1)?.entries.map(({ id }) => id)).toEqual(["D", "C", "B", "A"]);
    expect(socket.heard()).toEqual([]);
  });

  test("a subscription that nobody answers is asked again after 10 s", () => {
    const client = aClient();
    client.subscribe("songs.day", () => undefined);
    client.start();
    const socket = network.newest.open();
    socket.hear(pongAt(startedAt, {}));
    socket.heard();

    time.advance(10_000);
    expect(socket.heard()).toEqual([subscribeTo("songs.day")]);
    socket.hear(aChart(1, ["A"]));
    time.advance(20_000);

    expect(socket.heard()).toEqual([]);
  });

  test("where the server says that something failed, what is not answered is asked again after a second", () => {
    const { client, shown, socket } = aLiveClient();
    client.subscribe("songs.week", () => undefined);
    client.subscribe("stats", () => undefined);
    socket.heard();

    socket.hear({ message: "Internal server error", connectionId: "a", requestId: "b" });
    socket.hear(aChart(1, ["A"], { channel: "songs.week", log: "store/w.20261116" }));
    time.advance(999);
    expect(socket.asked()).toEqual([]);
    time.advance(1);

    expect(socket.asked()).toEqual([subscribeTo("stats")]);
    expect(seqsOf(shown)).toEqual([1]);
  });

  test("an empty answer that the first epoch's broadcast overtook changes nothing", () => {
    const client = aClient();
    const shown: ChartSnapshot[] = [];
    client.subscribe("songs.day", (held) => shown.push(held));
    client.start();
    const socket = network.newest.open();

    socket.hear(aChart(1, ["A"]), aChart(0, [], { log: "", now: 0 }));

    expect(shown.map(({ entries }) => entries.length)).toEqual([1]);
    socket.heard();
    socket.hear(entering(2, "B"));
    expect(seqsOf(shown)).toEqual([1, 2]);
    expect(socket.asked()).toEqual([]);
  });

  test("a store without an epoch takes the place of one that is gone, on a connection of its own", () => {
    const { shown, socket } = aLiveClient();
    socket.break();
    time.advance(1000);

    network.newest.open().hear(aChart(0, [], { log: "", now: 0 }));

    expect(shown.map(({ entries }) => entries.length)).toEqual([1, 0]);
  });

  test("a refused subscription is not asked again", () => {
    const client = aClient();
    client.subscribe("songs.day", () => undefined);
    client.start();
    const socket = network.newest.open();
    const refusal = { reason: "too_many_subscriptions", message: "16 are enough", channel: "songs.day" };
    socket.hear(pongAt(startedAt, {}));
    socket.heard();

    socket.hear({ type: "error", ...refusal });
    time.advance(20_000);

    expect(errors).toEqual([refusal]);
    expect(socket.heard()).toEqual([]);
  });

  test("a pong that knows a newer version, or no subscription, asks for it", () => {
    const { socket } = aLiveClient();

    time.advance(240_000);
    expect(socket.heard()).toEqual([{ action: "ping" }]);
    socket.hear(pongAt(time.clock(), { "songs.day": { log: dayLog, seq: 2 } }));
    expect(socket.heard()).toEqual([since(1)]);
    socket.hear(entering(2, "B"));
    time.advance(240_000);
    socket.hear(pongAt(time.clock(), {}));

    expect(socket.asked()).toEqual([since(2)]);
  });

  test("a pong of what is held asks nothing and tells the server's clock", () => {
    const { client, socket } = aLiveClient();
    time.advance(240_000);
    time.advance(40);

    socket.hear(pongAt(time.clock() + 7000, { "songs.day": { log: dayLog, seq: 1 } }));

    expect(client.clockOffsetMs).toBe(7020);
    expect(socket.asked()).toEqual([]);
  });

  test("a ping that is not answered within 10 s ends the connection", () => {
    const { socket } = aLiveClient();

    time.advance(240_000 + 9_999);
    expect(states.at(-1)).toBe("live");
    time.advance(1);

    expect(states.at(-1)).toBe("reconnecting");
    expect(socket.readyState).toBe(3);
  });

  test("waking up pings at once, and finds a dead connection within 10 s", () => {
    const { client, socket } = aLiveClient();

    client.wake();
    client.wake();
    expect(socket.heard()).toEqual([{ action: "ping" }]);
    time.advance(10_000);

    expect(states.at(-1)).toBe("reconnecting");
  });
});

describe("reconnecting", () => {
  test("asks each channel since what is held, and goes on from there", () => {
    const { client, shown, socket } = aLiveClient();
    client.subscribe("plays.recent", () => undefined);

    socket.break();
    time.advance(1000);
    const second = network.newest.open();
    expect(second.asked()).toEqual([since(1), subscribeTo("plays.recent")]);
    second.hear(entering(2, "B"), entering(3, "C"));

    expect(seqsOf(shown)).toEqual([1, 2, 3]);
    expect(states).toEqual(["connecting", "live", "reconnecting", "live"]);
  });

  test("a server with another store starts its channels anew", () => {
    const { shown, socket } = aLiveClient();
    socket.hear(entering(2, "B"), entering(3, "C"));
    socket.break();
    time.advance(1000);

    network.newest.open().hear(aChart(1, ["new"], { log: "other/d.20261120" }));

    expect(shown.at(-1)).toMatchObject({ log: "other/d.20261120", seq: 1, total: 1 });
  });
});

describe("a hand-over", () => {
  const handOverMs = lifeMs * 0.9; // random is 0.5

  /** Keeps the connection alive until the second one is open. */
  function handOver() {
    const live = aLiveClient({ connectionLifeMs: lifeMs });
    const pong = pongAt(startedAt, { "songs.day": { log: dayLog, seq: 1 } });
    for (let passed = 0; passed < handOverMs; passed += 10_000) {
      time.advance(10_000);
      if (live.socket.heard().length > 0) live.socket.hear(pong);
    }
    expect(network.sockets).toHaveLength(2);
    return { ...live, old: live.socket, next: network.newest };
  }

  test("happens at 85 to 95 % of the connection's life", () => {
    for (const [random, at] of [
      [0, 0.85],
      [0.999, 0.9499],
    ] as const) {
      network = new FakeNetwork();
      aClient({ connectionLifeMs: lifeMs, pingEveryMs: 2 * lifeMs, random: () => random }).start();
      network.newest.open().hear(pongAt(startedAt, {}));

      time.advance(lifeMs * at - 1);
      expect(network.sockets).toHaveLength(1);
      time.advance(2);
      expect(network.sockets).toHaveLength(2);
    }
  });

  test("switches once every channel is answered, without a gap, a double or a change of state", () => {
    const { shown, old, next } = handOver();

    next.open();
    expect(next.asked()).toEqual([since(1)]);
    old.hear(entering(2, "B")); // broadcast to both
    next.hear(entering(2, "B"));
    old.hear(entering(3, "C")); // the broadcast that came to the old one only
    time.advance(2000);
    expect(old.readyState).toBe(3);
    next.hear(entering(4, "D"));

    expect(seqsOf(shown)).toEqual([1, 2, 3, 4]);
    expect(states).toEqual(["connecting", "live"]);
    expect(network.sockets).toHaveLength(2);
  });

  test("the old connection serves until then, and its end then changes nothing", () => {
    const { shown, old, next } = handOver();
    next.open();

    old.hear(entering(2, "B"));
    time.advance(5000);
    expect(old.readyState).toBe(1);
    next.hear(currentAt({ log: dayLog, seq: 1 }, 1));
    old.break();

    expect(seqsOf(shown)).toEqual([1, 2]);
    expect(states.at(-1)).toBe("live");
  });

  test("a new connection that fails is tried again while the old one serves", () => {
    const { shown, old, next } = handOver();

    next.break();
    time.advance(1000);
    expect(network.sockets).toHaveLength(3);
    old.hear(entering(2, "B"));
    network.newest.open().hear(currentAt({ log: dayLog, seq: 2 }, 2));
    time.advance(2000);

    expect(old.readyState).toBe(3);
    expect(seqsOf(shown)).toEqual([1, 2]);
    expect(states).toEqual(["connecting", "live"]);
  });

  test("where the old connection breaks first, the new one takes over as soon as it is open", () => {
    const { old, next } = handOver();

    old.break();
    expect(states.at(-1)).toBe("reconnecting");
    next.open();
    time.advance(5000);

    expect(states.at(-1)).toBe("live");
    expect(network.sockets).toHaveLength(2);
  });

  test("where the old connection breaks after the new one opened, nobody notices", () => {
    const { old, next } = handOver();
    next.open();

    old.break();

    expect(states).toEqual(["connecting", "live"]);
    next.hear(currentAt({ log: dayLog, seq: 1 }, 1));
    time.advance(5000);
    expect(next.readyState).toBe(1);
  });

  test("a channel that is wanted meanwhile is asked on both, and one that is left is left on both", () => {
    const { client, unsubscribe, old, next } = handOver();
    next.open();
    old.heard();
    next.heard();

    client.subscribe("stats", () => undefined);
    unsubscribe();
    time.advance(1000);

    const messages = [subscribeTo("stats"), { action: "unsubscribe", channel: "songs.day" }];
    expect(old.heard()).toEqual(messages);
    expect(next.heard()).toEqual(messages);
  });

  test("the new connection is handed over in its turn", () => {
    const { next } = handOver();
    next.open().hear(currentAt({ log: dayLog, seq: 1 }, 1));
    const pong = pongAt(startedAt, { "songs.day": { log: dayLog, seq: 1 } });

    for (let passed = 0; passed < handOverMs; passed += 10_000) {
      if (next.heard().some(({ action }) => action === "ping")) next.hear(pong);
      time.advance(10_000);
    }

    expect(network.sockets).toHaveLength(3);
  });

  test("a life without end needs none", () => {
    aClient({ connectionLifeMs: Number.POSITIVE_INFINITY, pingEveryMs: 1e12 }).start();
    network.newest.open().hear(pongAt(startedAt, {}));

    time.advance(1e10);

    expect(network.sockets).toHaveLength(1);
  });
});
