import type { EpochMs } from "../domain/play.ts";

/** A WebSocket connection, as the service names it. */
export type ConnectionId = string & { readonly __brand: "ConnectionId" };

/** Who listens to what. A failing store throws `StoreError`. */
export interface ConnectionStore {
  connect(connection: ConnectionId, expiresAt: EpochMs): Promise<void>;
  /** Forgets the connection and its subscriptions. */
  disconnect(connection: ConnectionId): Promise<void>;
  /** Subscribing again changes nothing. */
  subscribe(connection: ConnectionId, channel: string, expiresAt: EpochMs): Promise<void>;
  unsubscribe(connection: ConnectionId, channel: string): Promise<void>;
  /** Who is subscribed to a channel, in no particular order. */
  subscribers(channel: string): AsyncIterable<ConnectionId>;
  /** The channels of a connection, in the order of their UTF-8 bytes. */
  channelsOf(connection: ConnectionId): Promise<readonly string[]>;
}
