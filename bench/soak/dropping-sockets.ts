import type { WebSocketLike } from "#src/client/client-environment.ts";

/** WebSockets that a test can cut without a goodbye, so that its client has to come back. */
export class DroppingSockets {
  readonly #open = new Set<WebSocket>();
  drops = 0;

  /** The class to give to a client. */
  readonly WebSocket: new (
    url: string,
  ) => WebSocketLike;

  constructor() {
    const open = this.#open;
    this.WebSocket = class extends WebSocket {
      constructor(url: string) {
        super(url);
        open.add(this);
        this.addEventListener("close", () => open.delete(this));
      }
    };
  }

  /** Closes every connection. */
  drop(): void {
    for (const socket of this.#open) socket.close();
    this.drops += 1;
  }
}
