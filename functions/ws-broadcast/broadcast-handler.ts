import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import { CorruptStoreError, StoreError } from "#src/domain/errors.ts";
import { excessOf } from "#src/domain/excess.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { ConnectionGateway } from "#src/ports/connection-gateway.ts";
import type { ConnectionId, ConnectionStore } from "#src/ports/connection-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Logger } from "#src/ports/logger.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { type Channel, channels } from "#src/wire/push-protocol.ts";
import { logOf, readChannel } from "./channel-state.ts";
import { Limit } from "./limit.ts";

export interface BroadcastDeps {
  readonly connections: ConnectionStore;
  readonly publications: PublicationStore;
  readonly epochs: EpochLog;
  readonly gateway: ConnectionGateway;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** How many sends may be under way. @default 64 */
  readonly concurrency?: number;
  /** A send that takes longer counts as failed and waits for nobody, ms. @default 2000 */
  readonly sendTimeoutMs?: number;
}

export interface BroadcastInput {
  readonly epoch: EpochNumber;
}

export interface BroadcastFigures {
  /** Channels that had something new and a subscriber. */
  readonly channels: number;
  readonly messages: number;
  readonly gone: number;
  readonly failed: number;
  /** UTF-8, of the messages that were sent. */
  readonly bytes: number;
  readonly processingMs: number;
}

/** The workflow's last state: what this epoch changed in each channel, to whoever subscribed to it. */
export function createBroadcastHandler(deps: BroadcastDeps) {
  return async ({ epoch }: BroadcastInput): Promise<BroadcastFigures> => {
    const startedAt = deps.clock();
    const [record, previous] = await readEpochs(deps.epochs, epoch);
    const delivery = new Delivery(deps, epoch);
    const outcomes = await Promise.allSettled(
      channels.map((channel) => broadcast(deps, delivery, channel, record, previous)),
    );
    await delivery.finish();
    await noteOutcome(deps, epoch, delivery.figures());
    const figures = {
      channels: outcomes.filter((outcome) => outcome.status === "fulfilled" && outcome.value).length,
      ...delivery.figures(),
      processingMs: deps.clock() - startedAt,
    };
    deps.metrics.record("BroadcastMessages", figures.messages);
    deps.metrics.record("BroadcastGone", figures.gone);
    const sends = figures.messages + figures.failed + figures.gone;
    deps.metrics.record("BroadcastGoneExcess", excessOf(figures.gone, sends, toleratedGone));
    deps.metrics.record("BroadcastFailed", figures.failed);
    deps.logger.info("epoch broadcast", { epoch, ...figures });
    throwFirst(outcomes, deps.logger, epoch);
    return figures;
  };
}

/** The messages are out: a note that fails must not have them sent again. */
async function noteOutcome(
  { epochs, clock, logger }: BroadcastDeps,
  epoch: EpochNumber,
  { messages, failed }: Pick<BroadcastFigures, "messages" | "failed">,
): Promise<void> {
  try {
    await epochs.noteBroadcast(epoch, { at: clock(), messages, failed });
  } catch (cause) {
    logger.warn("the outcome of a broadcast was not kept", { epoch, reason: String(cause) });
  }
}

/** The share of connections that may be gone without an alarm: those that closed since the last epoch. */
const toleratedGone = 0.2;

async function readEpochs(
  epochs: EpochLog,
  epoch: EpochNumber,
): Promise<[EpochRecord, EpochRecord | undefined]> {
  const [record, previous] = await Promise.all([
    epochs.read(epoch),
    epoch > 1 ? epochs.read((epoch - 1) as EpochNumber) : undefined,
  ]);
  if (record === undefined) throw new CorruptStoreError(`epoch ${epoch} has no record`);
  return [record, previous];
}

/** @returns whether there was something to send */
async function broadcast(
  deps: BroadcastDeps,
  delivery: Delivery,
  channel: Channel,
  record: EpochRecord,
  previous: EpochRecord | undefined,
): Promise<boolean> {
  let message: string | undefined;
  for await (const connection of deps.connections.subscribers(channel)) {
    // Nobody listens to most channels: read a channel only once somebody does.
    if (message === undefined) {
      const state = await readChannel(deps.publications, record, channel);
      const rolledOver = previous === undefined || logOf(previous, channel) !== logOf(record, channel);
      // A chart that a later epoch has already changed again is sent too: it holds what this epoch changed.
      if (!rolledOver && state.changedIn < record.epoch) return false;
      const delta = rolledOver ? undefined : await state.readDeltaOf?.(record.epoch);
      message = delta ?? state.encodeSnapshot();
    }
    await delivery.start(connection, message);
  }
  return message !== undefined;
}

/** Every channel was tried; now the state may fail, so that the workflow's history shows it. */
function throwFirst(outcomes: readonly PromiseSettledResult<boolean>[], logger: Logger, epoch: number): void {
  const [first] = outcomes.filter((outcome) => outcome.status === "rejected");
  if (first === undefined) return;
  logger.error("a channel was not broadcast", { epoch, reason: String(first.reason) });
  throw first.reason instanceof Error
    ? first.reason
    : new StoreError(`broadcast of epoch ${epoch} failed`, { cause: first.reason });
}

/** Sends with bounded concurrency and time, so that no connection delays or fails another. */
class Delivery {
  readonly #deps: BroadcastDeps;
  readonly #epoch: EpochNumber;
  readonly #limit: Limit;
  readonly #timeoutMs: number;
  /** Connections that are gone or failed: they get nothing more in this run. */
  readonly #lost = new Set<ConnectionId>();
  readonly #gone = new Set<ConnectionId>();
  #messages = 0;
  #failed = 0;
  #bytes = 0;

  constructor(deps: BroadcastDeps, epoch: EpochNumber) {
    this.#deps = deps;
    this.#epoch = epoch;
    this.#limit = new Limit(deps.concurrency ?? 64);
    this.#timeoutMs = deps.sendTimeoutMs ?? 2000;
  }

  /** Resolves once the send is under way. */
  async start(connection: ConnectionId, message: string): Promise<void> {
    if (this.#lost.has(connection)) return;
    await this.#limit.start(() => this.#send(connection, message));
  }

  async finish(): Promise<void> {
    await this.#limit.idle();
    for (const connection of this.#gone) await this.#limit.start(() => this.#forget(connection));
    await this.#limit.idle();
  }

  figures(): Omit<BroadcastFigures, "channels" | "processingMs"> {
    return {
      messages: this.#messages,
      gone: this.#gone.size,
      failed: this.#failed,
      bytes: this.#bytes,
    };
  }

  async #send(connection: ConnectionId, message: string): Promise<void> {
    try {
      const outcome = await withTimeout(this.#deps.gateway.send(connection, message), this.#timeoutMs);
      if (outcome === "sent") {
        this.#messages += 1;
        this.#bytes += Buffer.byteLength(message);
        return;
      }
      this.#lost.add(connection);
      this.#gone.add(connection);
    } catch (cause) {
      this.#lost.add(connection);
      this.#failed += 1;
      this.#warn("a message was not delivered", connection, cause);
    }
  }

  async #forget(connection: ConnectionId): Promise<void> {
    try {
      await this.#deps.connections.disconnect(connection);
    } catch (cause) {
      // Its items expire, and the next broadcast finds it gone again.
      this.#warn("a gone connection was not removed", connection, cause);
    }
  }

  #warn(message: string, connection: ConnectionId, cause: unknown): void {
    this.#deps.logger.warn(message, { epoch: this.#epoch, connection, reason: String(cause) });
  }
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StoreError(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
