import type { WebSocket } from "ws";
import type { ConnectionGateway } from "#src/ports/connection-gateway.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";

/** A client that lets this much pile up is not reading, bytes. */
export const maxBufferedBytes = 1024 * 1024;

/** The sockets of this process, in place of API Gateway's management endpoint. Never waits for a client. */
export class LocalConnectionGateway implements ConnectionGateway {
  readonly #sockets = new Map<ConnectionId, WebSocket>();

  add(connection: ConnectionId, socket: WebSocket): void {
    this.#sockets.set(connection, socket);
  }

  remove(connection: ConnectionId): void {
    this.#sockets.delete(connection);
  }

  send(connection: ConnectionId, message: string): Promise<"sent" | "gone"> {
    const socket = this.#sockets.get(connection);
    if (socket === undefined || socket.readyState !== socket.OPEN) return Promise.resolve("gone");
    if (socket.bufferedAmount > maxBufferedBytes) {
      socket.terminate();
      return Promise.resolve("gone");
    }
    socket.send(message);
    return Promise.resolve("sent");
  }
}
