// A process that holds the bench's WebSocket clients, so that their work is not the server's.
import { once } from "node:events";
import { WebSocket } from "ws";
import { HdrHistogram } from "#bench/load/hdr-histogram.ts";
import { type FromViewers, preciseNow, type Quantiles, type ToViewers } from "./messages.ts";

/** Handshakes under way at once; more would overflow the server's queue of connections. */
const openingAtOnce = 50;
/** Updates that are remembered to tell their later copies. */
const mostUpdates = 200;

interface Entry {
  readonly id: string;
  readonly plays?: number;
}

/** As much of a server's message as is measured. */
interface Message {
  readonly type?: string;
  readonly channel?: string;
  readonly enter?: readonly Entry[];
  readonly update?: readonly Entry[];
  /** Of a snapshot. */
  readonly entries?: readonly Entry[];
  readonly at?: number;
}

/** A frame that all viewers get alike. */
interface Update {
  readonly firstAt: number;
  /** When the plays that it is the first to show were put. */
  readonly puts: readonly number[];
}

/** The channel whose entries show the probes; its counts are those of this hour. */
const probedChannel = "songs.hour";

const putToScreen = new HdrHistogram();
const spread = new HdrHistogram();
const sockets: WebSocket[] = [];
/** By song: when each of its plays was put, from the first on. */
const puts = new Map<string, number[]>();
/** By song: how many of its plays a message has shown. */
const shown = new Map<string, number>();
const updates = new Map<string, Update>();
let frames = 0;
let bytes = 0;
let lost = 0;
let isClosing = false;

const say = (message: FromViewers): void => void process.send?.(message);

const quantilesOf = (histogram: HdrHistogram): Quantiles => ({
  p50: histogram.percentile(0.5),
  p99: histogram.percentile(0.99),
  count: histogram.total,
});

async function open(url: string, viewers: number, channels: readonly string[]): Promise<void> {
  for (let i = 0; i < viewers; i += openingAtOnce) {
    const size = Math.min(openingAtOnce, viewers - i);
    await Promise.all(Array.from({ length: size }, () => openOne(url, channels)));
  }
}

async function openOne(url: string, channels: readonly string[]): Promise<void> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, "open");
  socket.on("message", (data) => receive(String(data)));
  socket.on("error", () => undefined);
  socket.on("close", () => {
    if (!isClosing) lost += 1;
  });
  for (const channel of channels) socket.send(JSON.stringify({ action: "subscribe", channel }));
  sockets.push(socket);
}

function receive(text: string): void {
  const now = preciseNow();
  frames += 1;
  bytes += text.length; // of ASCII, which the bench's plays are
  let update = updates.get(text);
  if (update === undefined) {
    update = { firstAt: now, puts: newlyShown(text) };
    updates.set(text, update);
    if (updates.size > mostUpdates) updates.delete(updates.keys().next().value ?? "");
  }
  spread.add(now - update.firstAt);
  for (const at of update.puts) putToScreen.add(now - at);
}

/** When the plays were put that this frame is the first to show. */
function newlyShown(text: string): readonly number[] {
  const parsed: Message | readonly Message[] = JSON.parse(text);
  const messages: readonly Message[] = Array.isArray(parsed) ? parsed : [parsed];
  return messages.flatMap((message) => {
    if (message.at !== undefined && message.type === "bare") return [message.at];
    if (message.channel !== probedChannel) return [];
    // What was there before somebody looked is nothing new.
    if (message.type === "snapshot") for (const entry of message.entries ?? []) playsShownBy(entry);
    if (message.type !== "delta") return [];
    return [...(message.enter ?? []), ...(message.update ?? [])].flatMap(playsShownBy);
  });
}

function playsShownBy({ id, plays }: Entry): readonly number[] {
  const known = puts.get(id);
  if (known === undefined || plays === undefined) return [];
  const before = shown.get(id) ?? 0;
  shown.set(id, plays);
  return known.slice(before, plays);
}

async function close(): Promise<void> {
  isClosing = true;
  const closed = sockets.map((socket) =>
    socket.readyState === socket.CLOSED ? undefined : once(socket, "close"),
  );
  for (const socket of sockets) socket.close();
  await Promise.all(closed);
}

async function answer(message: ToViewers): Promise<void> {
  switch (message.kind) {
    case "open":
      await open(message.url, message.viewers, message.channels);
      return say({ kind: "opened" });
    case "put": {
      const known = puts.get(message.song) ?? [];
      known[message.plays - 1] = message.at;
      puts.set(message.song, known);
      return;
    }
    case "measure":
      putToScreen.clear();
      spread.clear();
      frames = 0;
      bytes = 0;
      return;
    case "tell":
      return say({
        kind: "figures",
        putToScreen: quantilesOf(putToScreen),
        spread: quantilesOf(spread),
        ...{ frames, bytes, lost },
      });
    case "close":
      await close();
      return say({ kind: "closed" });
  }
}

process.on("message", (message: ToViewers) => void answer(message));
