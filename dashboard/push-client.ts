import { ChannelCopy, type Snapshot } from "#src/client/channel-copy.ts";
import { decodeFrame } from "#src/wire/push-frame.ts";
import type { Channel, ServerMessage, Version } from "#src/wire/push-protocol.ts";

export type ConnectionState = "connecting" | "live" | "reconnecting";

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
  readonly #channels = new Map<Channel, ChannelCopy>();
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
    this.#channels.set(channel, new ChannelCopy());
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
      if (message.type === "pong") this.#catchUp(message.channels);
      else if (message.type !== "error") this.#take(message);
    }
  }

  #take(message: Exclude<ServerMessage, { type: "pong" | "error" }>): void {
    const copy = this.#channels.get(message.channel);
    if (copy === undefined) return;
    if (copy.take(message) && copy.held !== undefined) this.#listener.onSnapshot(copy.held);
    if (message.type === "delta" && copy.isBehind) this.#ask(message.channel);
  }

  /** For what is missing of a channel. */
  #ask(channel: Channel): void {
    this.#send({ action: "subscribe", channel, since: this.#channels.get(channel)?.version });
  }

  /** A broadcast may be lost; the pong shows it. */
  #catchUp(versions: Readonly<Partial<Record<Channel, Version>>>): void {
    for (const [channel, { version: held }] of this.#channels) {
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
