import { decodeFrame } from "#src/wire/push-frame.ts";
import type { Channel, ClientMessage, ServerMessage, Version } from "#src/wire/push-protocol.ts";
import type { ClientEnvironment, WebSocketLike } from "./client-environment.ts";

export interface ConnectionEvents {
  onOpen(): void;
  onMessage(message: ServerMessage): void;
  /** A subscription that nobody answered in time. */
  onUnanswered(channel: Channel): void;
  /** It broke, or never opened. Not called after `close`. */
  onLost(): void;
}

/** What opens, or answers, later than this is taken for lost, ms. */
const patienceMs = 10_000;

/** After a frame that says that something failed, and not what: what is not answered within this is asked again, ms. */
const failureMs = 1_000;

/** One socket, and what was asked on it and is not answered yet. */
export class Connection {
  readonly #socket: WebSocketLike;
  readonly #world: Required<ClientEnvironment>;
  readonly #events: ConnectionEvents;
  readonly #pingEveryMs: number;
  readonly #asked = new Map<Channel, unknown>();
  #isOpen = false;
  #isOver = false;
  #openTimer: unknown;
  #pingTimer: unknown;
  #pingedAt: number | undefined;
  #clockOffsetMs = 0;
  #hasHeardOfEpoch = false;

  /** @throws SyntaxError where the address is none of a WebSocket */
  constructor(
    url: string,
    { pingEveryMs, ...world }: Required<ClientEnvironment> & { readonly pingEveryMs: number },
    events: ConnectionEvents,
  ) {
    this.#world = world;
    this.#events = events;
    this.#pingEveryMs = pingEveryMs;
    this.#socket = new world.WebSocket(url);
    this.#openTimer = world.setTimer(() => this.#lose(), patienceMs);
    this.#socket.addEventListener("open", () => this.#opened());
    this.#socket.addEventListener("message", ({ data }) => this.#receive(String(data)));
    this.#socket.addEventListener("close", () => this.#lose());
    // Every error is followed by a close; `ws` insists on a listener.
    this.#socket.addEventListener("error", () => undefined);
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#isOver;
  }

  /** Whether it is open and nothing that was asked still waits for an answer. */
  get isSettled(): boolean {
    return this.isOpen && this.#asked.size === 0;
  }

  /** Whether something came on it that is of a committed epoch. */
  get hasHeardOfEpoch(): boolean {
    return this.#hasHeardOfEpoch;
  }

  /** The server's clock minus ours as of the last pong, to half a round trip; ms. */
  get clockOffsetMs(): number {
    return this.#clockOffsetMs;
  }

  /** Subscribes, which is also how to ask for what is missing since a version. */
  ask(channel: Channel, since: Version | undefined): void {
    if (!this.isOpen) return;
    this.#expectAnswer(channel, patienceMs);
    this.#send({ action: "subscribe", channel, since });
  }

  isAsked(channel: Channel): boolean {
    return this.#asked.has(channel);
  }

  answered(channel: Channel): void {
    this.#world.clearTimer(this.#asked.get(channel));
    this.#asked.delete(channel);
  }

  leave(channel: Channel): void {
    if (!this.isOpen) return;
    this.answered(channel);
    this.#send({ action: "unsubscribe", channel });
  }

  /** The pong says what was missed and what time it is; without one the connection is lost. */
  ping(): void {
    if (!this.isOpen || this.#pingedAt !== undefined) return;
    this.#world.clearTimer(this.#pingTimer);
    this.#pingedAt = this.#world.clock();
    this.#pingTimer = this.#world.setTimer(() => this.#lose(), patienceMs);
    this.#send({ action: "ping" });
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of [this.#openTimer, this.#pingTimer, ...this.#asked.values()]) {
      this.#world.clearTimer(timer);
    }
    this.#asked.clear();
    this.#socket.close();
  }

  #opened(): void {
    if (this.#isOver) return;
    this.#isOpen = true;
    this.#world.clearTimer(this.#openTimer);
    this.#events.onOpen();
    this.ping();
  }

  #receive(text: string): void {
    const messages = decodeFrame(text);
    // API Gateway's word for a handler that failed is none of ours, and does not say on which message.
    if (messages.length === 0)
      for (const channel of this.#asked.keys()) this.#expectAnswer(channel, failureMs);
    for (const message of messages) {
      if (this.#isOver) return;
      if (message.type === "pong") this.#answerPing(message.at);
      this.#events.onMessage(message);
      if ("epoch" in message && message.epoch > 0) this.#hasHeardOfEpoch = true;
    }
  }

  #expectAnswer(channel: Channel, withinMs: number): void {
    this.#world.clearTimer(this.#asked.get(channel));
    const timer = this.#world.setTimer(() => {
      this.#asked.delete(channel);
      this.#events.onUnanswered(channel);
    }, withinMs);
    this.#asked.set(channel, timer);
  }

  #answerPing(serverTime: number): void {
    if (this.#pingedAt === undefined) return;
    this.#clockOffsetMs = serverTime - (this.#pingedAt + this.#world.clock()) / 2;
    this.#pingedAt = undefined;
    this.#world.clearTimer(this.#pingTimer);
    this.#pingTimer = this.#world.setTimer(() => this.ping(), this.#pingEveryMs);
  }

  /** At once: a socket whose network is gone takes its time to say that it closed. */
  #lose(): void {
    if (this.#isOver) return;
    this.close();
    this.#events.onLost();
  }

  #send(message: ClientMessage): void {
    if (this.#socket.readyState === 1) this.#socket.send(JSON.stringify(message));
  }
}
