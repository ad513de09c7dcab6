import type { ConnectionId } from "./connection-store.ts";

/** The way to a connected client. */
export interface ConnectionGateway {
  /** Sends one text frame. `gone`: the client is no longer there. Throws `StoreError` on any other failure. */
  send(connection: ConnectionId, frame: string): Promise<"sent" | "gone">;
}
