import { applyChange } from "#src/wire/chart-delta.ts";
import { decodeFrame } from "#src/wire/push-frame.ts";
import type { Channel, ChartDelta, ServerMessage, Version } from "#src/wire/push-protocol.ts";

export type ConnectionState = "connecting" | "live" | "reconnecting";
export type Snapshot = Extract<ServerMessage, { type: "snapshot" }>;

export interface PushListener {
  onState(state: ConnectionState): void;
  /** What a channel shows now, whether it came as a whole or in parts. */
  onSnapshot(snapshot: Snapshot): void;
}

const firstRetryMs = 500;
const longestRetryMs = 15_000;
const pingEveryMs = 25_000;

/** Keeps a WebSocket open and the subscribed channels current (src/wire/push-protocol.ts). */
export class PushClient {
  readonly #url: string;
  readonly #listener: PushListener;
  /** The subscribed channels and what is held of them. */
  readonly #channels = new Map<Channel, Snapshot | undefined>();
  #socket: WebSocket | undefined;
  #retryMs = firstRetryMs;
  #heardAt = 0;

  constructor(url: string, listener: PushListener) {
    this.#url = url;
    this.#listener = listener;
  }

  start(): void {
    this.#listener.onState("connecting");
    this.#open();
    setInterval(() => this.#ping(), pingEveryMs);
    // A laptop that wakes up, or a network that comes back, need not wait for the next attempt.
    addEventListener("online", () => this.#socket === undefined && this.#open());
  }

  subscribe(channel: Channel): void {
    this.#channels.set(channel, undefined);
    this.#send({ action: "subscribe", channel });
  }

  unsubscribe(channel: Channel): void {
    this.#channels.delete(channel);
    this.#send({ action: "unsubscribe", channel });
  }

  #open(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#retryMs = firstRetryMs;
      this.#heardAt = performance.now();
      this.#listener.onState("live");
      for (const channel of this.#channels.keys()) this.#ask(channel);
    });
    socket.addEventListener("message", ({ data }) => this.#receive(String(data)));
    socket.addEventListener("close", () => this.#retry(socket));
  }

  #retry(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#listener.onState("reconnecting");
    // Half of the time is random, so that a thousand dashboards do not come back in one moment.
    const waitMs = this.#retryMs * (0.5 + Math.random() / 2);
    this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2);
    setTimeout(() => this.#socket === undefined && this.#open(), waitMs);
  }

  #receive(text: string): void {
    this.#heardAt = performance.now();
    for (const message of decodeFrame(text)) {
      if (message.type === "snapshot") this.#take(message);
      if (message.type === "delta") this.#apply(message);
      if (message.type === "pong") this.#catchUp(message.channels);
    }
  }

  #take(snapshot: Snapshot): void {
    const { channel, log, epoch } = snapshot;
    if (!this.#channels.has(channel)) return;
    const held = this.#channels.get(channel);
    if (held !== undefined && isSameStore(held.log, log) && held.epoch > epoch) return;
    this.#channels.set(channel, snapshot);
    this.#listener.onSnapshot(snapshot);
  }

  #apply(delta: ChartDelta): void {
    const held = this.#channels.get(delta.channel);
    if (held === undefined || !("entries" in held) || held.channel === "plays.recent") return;
    if (held.log === delta.log && delta.seq <= held.seq) return;
    const isNext = held.log === delta.log && delta.seq === held.seq + 1;
    const entries = isNext ? applyChange(held.entries, delta) : undefined;
    if (entries === undefined) {
      this.#ask(delta.channel);
      return;
    }
    const { seq, epoch, now, total } = delta;
    this.#take({ ...held, seq, epoch, now, total, entries });
  }

  /** For what is missing of a channel. */
  #ask(channel: Channel): void {
    const held = this.#channels.get(channel);
    this.#send({ action: "subscribe", channel, since: held && { log: held.log, seq: held.seq } });
  }

  /** A broadcast may be lost; the pong shows it. */
  #catchUp(versions: Readonly<Partial<Record<Channel, Version>>>): void {
    for (const [channel, held] of this.#channels) {
      const newest = versions[channel];
      if (newest !== undefined && newest.log === held?.log && newest.seq <= held.seq) continue;
      this.#ask(channel);
    }
  }

  #ping(): void {
    if (this.#socket === undefined) return;
    // Two pings without any word: the network swallows us.
    if (performance.now() - this.#heardAt > 2 * pingEveryMs + 5000) this.#socket.close();
    else this.#send({ action: "ping" });
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

/** A log is the store's id, a slash and the window instance. */
const isSameStore = (a: string, b: string): boolean => a.split("/")[0] === b.split("/")[0];
