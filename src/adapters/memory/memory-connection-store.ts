import type { EpochMs } from "#src/domain/play.ts";
import { compareUtf8 } from "#src/domain/utf8-order.ts";
import type { ConnectionId, ConnectionStore } from "#src/ports/connection-store.ts";

/** Who listens to what, in memory. Nothing expires: whoever serves the sockets sees every one of them close. */
export class MemoryConnectionStore implements ConnectionStore {
  readonly #channels = new Map<ConnectionId, Set<string>>();
  readonly #subscribers = new Map<string, Set<ConnectionId>>();

  connect(connection: ConnectionId, _expiresAt: EpochMs): Promise<void> {
    entry(this.#channels, connection);
    return Promise.resolve();
  }

  disconnect(connection: ConnectionId): Promise<void> {
    for (const channel of this.#channels.get(connection) ?? []) this.#leave(connection, channel);
    this.#channels.delete(connection);
    return Promise.resolve();
  }

  subscribe(connection: ConnectionId, channel: string, _expiresAt: EpochMs): Promise<void> {
    entry(this.#channels, connection).add(channel);
    entry(this.#subscribers, channel).add(connection);
    return Promise.resolve();
  }

  unsubscribe(connection: ConnectionId, channel: string): Promise<void> {
    this.#channels.get(connection)?.delete(channel);
    this.#leave(connection, channel);
    return Promise.resolve();
  }

  async *subscribers(channel: string): AsyncIterable<ConnectionId> {
    yield* await Promise.resolve([...(this.#subscribers.get(channel) ?? [])]);
  }

  channelsOf(connection: ConnectionId): Promise<readonly string[]> {
    return Promise.resolve([...(this.#channels.get(connection) ?? [])].sort(compareUtf8));
  }

  #leave(connection: ConnectionId, channel: string): void {
    const subscribers = this.#subscribers.get(channel);
    subscribers?.delete(connection);
    if (subscribers?.size === 0) this.#subscribers.delete(channel);
  }
}

/** The set under a key, made where there is none. */
function entry<K, V>(sets: Map<K, Set<V>>, key: K): Set<V> {
  let set = sets.get(key);
  if (set === undefined) {
    set = new Set();
    sets.set(key, set);
  }
  return set;
}
