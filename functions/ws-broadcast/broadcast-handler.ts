import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import { CorruptStoreError, StoreError } from "#src/domain/errors.ts";
import { excessOf } from "#src/domain/excess.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { ConnectionStore } from "#src/ports/connection-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Logger } from "#src/ports/logger.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { isChannel } from "#src/wire/push-protocol.ts";
import { ChannelUpdates, type UpdateFigures } from "./channel-updates.ts";
import { Delivery, type DeliveryDeps, type DeliveryFigures } from "./delivery.ts";
import { SlowConnections } from "./slow-connections.ts";

export interface BroadcastDeps extends DeliveryDeps {
  readonly connections: ConnectionStore;
  readonly publications: PublicationStore;
  readonly epochs: EpochLog;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

export interface BroadcastInput {
  readonly epoch: EpochNumber;
}

export interface BroadcastFigures extends UpdateFigures, DeliveryFigures {
  readonly processingMs: number;
}

/** How many connections that were slow a container remembers. */
const rememberedSlow = 1000;

/** The workflow's last state: what this epoch changed in each channel, to whoever subscribed to it. */
export function createBroadcastHandler(deps: BroadcastDeps) {
  const slow = new SlowConnections(rememberedSlow);
  return async ({ epoch }: BroadcastInput): Promise<BroadcastFigures> => {
    const startedAt = deps.clock();
    const [record, previous] = await readEpochs(deps.epochs, epoch);
    const updates = new ChannelUpdates(deps, record, previous);
    const delivery = new Delivery(deps, epoch, (channels) => updates.framesFor(channels), slow);
    const unread = await serveAll(deps.connections, delivery);
    await noteOutcome(deps, epoch, delivery.figures());
    const processingMs = deps.clock() - startedAt;
    const figures = { ...updates.figures(), ...delivery.figures(), processingMs };
    deps.metrics.record("BroadcastMessages", figures.messages);
    deps.metrics.record("BroadcastGone", figures.gone);
    const sends = figures.messages + figures.failed + figures.gone;
    deps.metrics.record("BroadcastGoneExcess", excessOf(figures.gone, sends, toleratedGone));
    deps.metrics.record("BroadcastFailed", figures.failed);
    deps.logger.info("epoch broadcast", { epoch, ...figures });
    throwFirst([...unread, ...updates.failures], deps.logger, epoch);
    return figures;
  };
}

/** @returns why not all connections could be read; those that could are served */
async function serveAll(connections: ConnectionStore, delivery: Delivery): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  try {
    for await (const { connection, channels } of connections.subscribers()) {
      await delivery.start(connection, channels.filter(isChannel));
    }
  } catch (cause) {
    failures.push(cause);
  }
  await delivery.finish();
  return failures;
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

/** Everybody was served; now the state may fail, so that the workflow's history shows it. */
function throwFirst([first]: readonly unknown[], logger: Logger, epoch: number): void {
  if (first === undefined) return;
  logger.error("a channel was not broadcast", { epoch, reason: String(first) });
  throw first instanceof Error
    ? first
    : new StoreError(`broadcast of epoch ${epoch} failed`, { cause: first });
}
