import type { ConnectionId } from "#src/ports/connection-store.ts";

/** The connections that let a send time out, from one epoch to the next. The one that was tried longest ago is first. */
export class SlowConnections {
  readonly #size: number;
  readonly #connections = new Set<ConnectionId>();

  /** @param size how many are remembered; beyond that the first is forgotten */
  constructor(size: number) {
    this.#size = size;
  }

  has(connection: ConnectionId): boolean {
    return this.#connections.has(connection);
  }

  /** Its last attempt was slow: it comes after those that were tried before. */
  remember(connection: ConnectionId): void {
    this.#connections.delete(connection);
    this.#connections.add(connection);
    const [first] = this.#connections;
    if (first !== undefined && this.#connections.size > this.#size) this.#connections.delete(first);
  }

  forget(connection: ConnectionId): void {
    this.#connections.delete(connection);
  }

  /** In the order in which they should be tried: who is not remembered any more has been pushed out since, and is last. */
  order<T>(byConnection: ReadonlyMap<ConnectionId, T>): [ConnectionId, T][] {
    const all = new Set([...this.#connections, ...byConnection.keys()]);
    return [...all].flatMap((connection): [ConnectionId, T][] => {
      const value = byConnection.get(connection);
      return value === undefined ? [] : [[connection, value]];
    });
  }
}
