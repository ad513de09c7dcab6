import {
  type Channel,
  decodeServerMessage,
  type ServerMessage,
  type Version,
} from "#src/wire/push-protocol.ts";

export type ConnectionState = "connecting" | "live" | "reconnecting";
export type Snapshot = Extract<ServerMessage, { type: "snapshot" }>;

export interface PushListener {
  onState(state: ConnectionState): void;
  onSnapshot(snapshot: Snapshot): void;
}

interface Held {
  readonly version: Version;
  readonly epoch: number;
}

const firstRetryMs = 500;
const longestRetryMs = 15_000;
const pingEveryMs = 25_000;

/** Keeps a WebSocket open and the subscribed channels current (src/wire/push-protocol.ts). */
export class PushClient {
  readonly #url: string;
  readonly #listener: PushListener;
  /** The subscribed channels and what is held of them. */
  readonly #channels = new Map<Channel, Held | undefined>();
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
      for (const [channel, held] of this.#channels) {
        this.#send({ action: "subscribe", channel, since: held?.version });
      }
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
    const message = decodeServerMessage(text);
    if (message?.type === "snapshot") this.#take(message);
    if (message?.type === "pong") this.#catchUp(message.channels);
  }

  #take(snapshot: Snapshot): void {
    const { channel, log, seq, epoch } = snapshot;
    if (!this.#channels.has(channel)) return;
    const held = this.#channels.get(channel);
    if (held !== undefined && isSameStore(held.version.log, log) && held.epoch > epoch) return;
    this.#channels.set(channel, { version: { log, seq }, epoch });
    this.#listener.onSnapshot(snapshot);
  }

  /** A broadcast may be lost; the pong shows it. */
  #catchUp(versions: Readonly<Partial<Record<Channel, Version>>>): void {
    for (const [channel, held] of this.#channels) {
      const newest = versions[channel];
      if (newest !== undefined && newest.log === held?.version.log && newest.seq <= held.version.seq)
        continue;
      this.#send({ action: "subscribe", channel, since: held?.version });
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
