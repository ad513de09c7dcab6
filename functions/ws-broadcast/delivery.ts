import type { EpochNumber } from "#src/domain/epoch.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { ConnectionGateway } from "#src/ports/connection-gateway.ts";
import type { ConnectionId, ConnectionStore } from "#src/ports/connection-store.ts";
import type { Logger } from "#src/ports/logger.ts";
import type { Frame } from "#src/wire/push-frame.ts";
import type { Channel } from "#src/wire/push-protocol.ts";
import { Limit } from "./limit.ts";
import type { SlowConnections } from "./slow-connections.ts";

export interface DeliveryDeps {
  readonly connections: Pick<ConnectionStore, "disconnect">;
  readonly gateway: ConnectionGateway;
  readonly logger: Logger;
  /** How many connections may be served at a time: one that hangs for the first time holds one place. @default 256 */
  readonly concurrency?: number;
  /** A connection that does not take its frames in this time has failed and waits for nobody, ms. @default 2000 */
  readonly sendTimeoutMs?: number;
}

export interface DeliveryFigures {
  readonly messages: number;
  /** What the messages went out in: one for most connections. */
  readonly frames: number;
  readonly gone: number;
  /** Connections that did not get what was theirs. */
  readonly failed: number;
  /** Connections that were known to be slow, and came after the others. */
  readonly slow: number;
  /** UTF-8, of the frames that were sent. */
  readonly bytes: number;
}

/** So many of those that are known to be slow are served at a time. */
const slowConcurrency = 32;
/** One of them has this part of a send's time, and all of them together have that time once. */
const slowShare = 1 / 4;

class SendTimeout extends StoreError {}

/**
 * Brings one epoch's messages to the connections, so that none delays or fails another: each has its own place and time, and
 * those that took too long in an epoch before are served after all others, in a few places of their own.
 */
export class Delivery {
  readonly #deps: DeliveryDeps;
  readonly #epoch: EpochNumber;
  readonly #framesFor: (channels: readonly Channel[]) => Promise<readonly Frame[]>;
  readonly #slow: SlowConnections;
  readonly #timeoutMs: number;
  readonly #places: Limit;
  readonly #late = new Map<ConnectionId, readonly Channel[]>();
  readonly #gone: ConnectionId[] = [];
  #messages = 0;
  #frames = 0;
  #failed = 0;
  #bytes = 0;

  constructor(
    deps: DeliveryDeps,
    epoch: EpochNumber,
    framesFor: (channels: readonly Channel[]) => Promise<readonly Frame[]>,
    slow: SlowConnections,
  ) {
    this.#deps = deps;
    this.#epoch = epoch;
    this.#framesFor = framesFor;
    this.#slow = slow;
    this.#timeoutMs = deps.sendTimeoutMs ?? 2000;
    this.#places = new Limit(deps.concurrency ?? 256);
  }

  /** Resolves once the connection is being served, or is put off until the others are. */
  async start(connection: ConnectionId, channels: readonly Channel[]): Promise<void> {
    if (this.#slow.has(connection)) this.#late.set(connection, channels);
    else await this.#places.start(() => this.#serve(connection, channels, this.#timeoutMs));
  }

  /** Resolves when every connection has got its messages or has failed. */
  async finish(): Promise<void> {
    await this.#serveLate();
    await this.#places.idle();
    for (const connection of this.#gone) await this.#places.start(() => this.#forget(connection));
    await this.#places.idle();
  }

  figures(): DeliveryFigures {
    return {
      messages: this.#messages,
      frames: this.#frames,
      gone: this.#gone.length,
      failed: this.#failed,
      slow: this.#late.size,
      bytes: this.#bytes,
    };
  }

  /** Whoever is not reached in time is among the first of the next epoch. */
  async #serveLate(): Promise<void> {
    const places = new Limit(slowConcurrency);
    const endsAt = performance.now() + this.#timeoutMs;
    for (const [connection, channels] of this.#slow.order(this.#late)) {
      await places.start(async () => {
        const leftMs = endsAt - performance.now();
        if (leftMs <= 0) this.#failed += 1;
        else await this.#serve(connection, channels, Math.min(leftMs, this.#timeoutMs * slowShare));
      });
    }
    await places.idle();
  }

  /** One frame after the other; after one that fails there are no more. */
  async #serve(connection: ConnectionId, channels: readonly Channel[], timeoutMs: number): Promise<void> {
    let leftMs = timeoutMs;
    try {
      for (const { text, bytes, messages } of await this.#framesFor(channels)) {
        const startedAt = performance.now();
        const outcome = await within(leftMs, this.#deps.gateway.send(connection, text));
        leftMs -= performance.now() - startedAt;
        if (outcome === "gone") {
          this.#gone.push(connection);
          break;
        }
        this.#messages += messages;
        this.#frames += 1;
        this.#bytes += bytes;
      }
      this.#slow.forget(connection);
    } catch (cause) {
      this.#failed += 1;
      this.#warn("a frame was not delivered", connection, cause);
      if (cause instanceof SendTimeout) this.#slow.remember(connection);
    }
  }

  async #forget(connection: ConnectionId): Promise<void> {
    try {
      await this.#deps.connections.disconnect(connection);
    } catch (cause) {
      // Its item expires, and the next broadcast finds it gone again.
      this.#warn("a gone connection was not removed", connection, cause);
    }
  }

  #warn(message: string, connection: ConnectionId, cause: unknown): void {
    this.#deps.logger.warn(message, { epoch: this.#epoch, connection, reason: String(cause) });
  }
}

/** @throws SendTimeout where the work takes longer; it goes on, and nobody waits for it */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const late = () => reject(new SendTimeout(`no answer within ${Math.round(timeoutMs)} ms`));
    timer = setTimeout(late, Math.max(0, timeoutMs));
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
