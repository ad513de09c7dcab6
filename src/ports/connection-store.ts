import type { EpochMs } from "../domain/play.ts";

/** A WebSocket connection, as the service names it. */
export type ConnectionId = string & { readonly __brand: "ConnectionId" };

export interface Subscriber {
  readonly connection: ConnectionId;
  /** In the order of their UTF-8 bytes; at least one. */
  readonly channels: readonly string[];
}

/** Who listens to what. A failing store throws `StoreError`. */
export interface ConnectionStore {
  connect(connection: ConnectionId, expiresAt: EpochMs): Promise<void>;
  /** Forgets the connection and its subscriptions. */
  disconnect(connection: ConnectionId): Promise<void>;
  /**
   * Subscribing again changes nothing.
   *
   * @returns false where the connection has `atMost` other channels already: it gets no more
   */
  subscribe(connection: ConnectionId, channel: string, expiresAt: EpochMs, atMost: number): Promise<boolean>;
  unsubscribe(connection: ConnectionId, channel: string): Promise<void>;
  /** Every connection that listens to something, in no particular order. */
  subscribers(): AsyncIterable<Subscriber>;
  /** The channels of a connection, in the order of their UTF-8 bytes. */
  channelsOf(connection: ConnectionId): Promise<readonly string[]>;
}
