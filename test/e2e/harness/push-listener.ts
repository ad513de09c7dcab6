import { WebSocket } from "ws";
import { decodeFrame } from "#src/wire/push-frame.ts";
import type { ServerMessage } from "#src/wire/push-protocol.ts";
import { eventually } from "./eventually.ts";

const openDeadlineMs = 30_000;

/** A WebSocket client that keeps what it was sent. */
export class PushListener {
  /** In the order in which they came. */
  readonly messages: ServerMessage[] = [];
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      this.messages.push(...decodeFrame(String(data)));
    });
  }

  /**
   * Resolves once connected.
   *
   * @param headers such as `origin`
   * @throws Error where the handshake is refused, with its status
   */
  static open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<PushListener> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { headers, handshakeTimeout: openDeadlineMs });
      const listener = new PushListener(socket);
      socket.once("open", () => resolve(listener));
      socket.once("error", reject);
      socket.once("unexpected-response", (_request, response) => {
        reject(new Error(`the handshake was answered with ${response.statusCode}`));
        socket.terminate();
      });
    });
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** The first message after `from` that is what is looked for. */
  next<Message extends ServerMessage>(
    what: string,
    matches: (message: ServerMessage) => message is Message,
    from = 0,
  ): Promise<Message> {
    return eventually(what, () => Promise.resolve(this.messages.slice(from).find(matches)));
  }

  close(): void {
    this.#socket.terminate();
  }
}
