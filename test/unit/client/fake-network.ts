import type { WebSocketLike } from "#src/client/client-environment.ts";
import type { ClientMessage } from "#src/wire/push-protocol.ts";

type SocketEvent = "open" | "message" | "close" | "error";

/** A socket whose far end is the test. */
export class FakeSocket implements WebSocketLike {
  readyState = 0;
  readonly url: string;
  /** What the client said, oldest first. */
  readonly said: ClientMessage[] = [];
  readonly #listeners = new Map<SocketEvent, (event: { data: unknown }) => void>();

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(type: SocketEvent, listener: (event: { data: unknown }) => void): void {
    this.#listeners.set(type, listener);
  }

  send(data: string): void {
    this.said.push(JSON.parse(data));
  }

  close(): void {
    this.readyState = 3;
  }

  open(): this {
    this.readyState = 1;
    this.#listeners.get("open")?.({ data: undefined });
    return this;
  }

  /** What the server says; an object goes as JSON. */
  hear(...messages: (object | string)[]): void {
    for (const message of messages) {
      const data = typeof message === "string" ? message : JSON.stringify(message);
      this.#listeners.get("message")?.({ data });
    }
  }

  /** The network or the server ends it. */
  break(): void {
    this.readyState = 3;
    this.#listeners.get("close")?.({ data: undefined });
  }

  /** What the client said since this was last called. */
  heard(): ClientMessage[] {
    return this.said.splice(0);
  }

  /** The same, without pings. */
  asked(): ClientMessage[] {
    return this.heard().filter(({ action }) => action !== "ping");
  }
}

/** The sockets that a client opened, oldest first. */
export class FakeNetwork {
  readonly sockets: FakeSocket[] = [];
  readonly WebSocket: new (
    url: string,
  ) => WebSocketLike;

  constructor() {
    const { sockets } = this;
    this.WebSocket = class extends FakeSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    };
  }

  get newest(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("the client has not connected");
    return socket;
  }
}
