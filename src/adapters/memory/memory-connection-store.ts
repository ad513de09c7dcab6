import type { EpochMs } from "#src/domain/play.ts";
import { compareUtf8 } from "#src/domain/utf8-order.ts";
import type { ConnectionId, ConnectionStore, Subscriber } from "#src/ports/connection-store.ts";

/** Who listens to what, in memory. Nothing expires: whoever serves the sockets sees every one of them close. */
export class MemoryConnectionStore implements ConnectionStore {
  /** In the order of their UTF-8 bytes. */
  readonly #channels = new Map<ConnectionId, readonly string[]>();

  connect(connection: ConnectionId, _expiresAt: EpochMs): Promise<void> {
    this.#channels.set(connection, this.#of(connection));
    return Promise.resolve();
  }

  disconnect(connection: ConnectionId): Promise<void> {
    this.#channels.delete(connection);
    return Promise.resolve();
  }

  subscribe(
    connection: ConnectionId,
    channel: string,
    _expiresAt: EpochMs,
    atMost: number,
  ): Promise<boolean> {
    const held = this.#of(connection);
    if (held.includes(channel)) return Promise.resolve(true);
    if (held.length >= atMost) return Promise.resolve(false);
    this.#channels.set(connection, [...held, channel].sort(compareUtf8));
    return Promise.resolve(true);
  }

  unsubscribe(connection: ConnectionId, channel: string): Promise<void> {
    const held = this.#channels.get(connection);
    if (held !== undefined) {
      this.#channels.set(
        connection,
        held.filter((each) => each !== channel),
      );
    }
    return Promise.resolve();
  }

  async *subscribers(): AsyncIterable<Subscriber> {
    const connections = await Promise.resolve([...this.#channels]);
    for (const [connection, channels] of connections) if (channels.length > 0) yield { connection, channels };
  }

  channelsOf(connection: ConnectionId): Promise<readonly string[]> {
    return Promise.resolve(this.#of(connection));
  }

  #of(connection: ConnectionId): readonly string[] {
    return this.#channels.get(connection) ?? [];
  }
}
