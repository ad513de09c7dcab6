import type { APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import type { EpochMs } from "#src/domain/play.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { ConnectionGateway } from "#src/ports/connection-gateway.ts";
import type { ConnectionId, ConnectionStore } from "#src/ports/connection-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { packFrames } from "#src/wire/push-frame.ts";
import { maxSubscriptions } from "#src/wire/push-limits.ts";
import {
  type Channel,
  type ClientMessage,
  decodeClientMessage,
  encodeCurrent,
  encodeError,
  encodePong,
  isChannel,
} from "#src/wire/push-protocol.ts";
import { ChannelStates } from "./channel-states.ts";
import { connectionLifeMs } from "./connection-life.ts";
import { latestCommitted } from "./read-channel.ts";

export interface SubscribeDeps {
  readonly connections: ConnectionStore;
  readonly publications: PublicationStore;
  readonly epochs: EpochLog;
  readonly gateway: ConnectionGateway;
  readonly clock: Clock;
}

/** `$default`: what a client says (src/wire/push-protocol.ts). The answer goes out through the gateway. */
export function createSubscribeHandler(deps: SubscribeDeps) {
  const states = new ChannelStates(deps);
  return async (event: APIGatewayProxyWebsocketEventV2): Promise<{ statusCode: number }> => {
    const connection = event.requestContext.connectionId as ConnectionId;
    const message = decodeClientMessage(event.body ?? "");
    const answers = message.ok
      ? await answerTo(deps, states, connection, message.value)
      : [encodeError(message.error)];
    for (const { text } of packFrames(answers)) {
      if ((await deps.gateway.send(connection, text)) === "sent") continue;
      await deps.connections.disconnect(connection);
      break;
    }
    return { statusCode: 200 };
  };
}

function answerTo(
  deps: SubscribeDeps,
  states: ChannelStates,
  connection: ConnectionId,
  message: ClientMessage,
): Promise<readonly string[]> {
  switch (message.action) {
    case "subscribe":
      return subscribe(deps, states, connection, message);
    case "unsubscribe":
      return unsubscribe(deps, connection, message.channel);
    case "ping":
      return pong(deps, states, connection);
  }
}

/** Subscribes before it reads: an epoch that commits in between is then either in the answer or broadcast to us. */
async function subscribe(
  deps: SubscribeDeps,
  states: ChannelStates,
  connection: ConnectionId,
  { channel, since }: Extract<ClientMessage, { action: "subscribe" }>,
): Promise<readonly string[]> {
  const expiresAt = (deps.clock() + connectionLifeMs) as EpochMs;
  if (!(await deps.connections.subscribe(connection, channel, expiresAt, maxSubscriptions))) {
    const message = `a connection may subscribe to ${maxSubscriptions} channels`;
    return [encodeError({ reason: "too_many_subscriptions", message, channel })];
  }
  const committed = await latestCommitted(deps.epochs);
  const state = await states.of(committed, channel);
  const { log, seq } = state.version;
  if (since === undefined || since.log !== log) return [state.encodeSnapshot()];
  if (since.seq !== seq) return (await state.readDeltas?.(since.seq)) ?? [state.encodeSnapshot()];
  return [encodeCurrent({ channel, log, seq, epoch: committed?.epoch ?? 0, now: committed?.now ?? 0 })];
}

async function unsubscribe(
  deps: SubscribeDeps,
  connection: ConnectionId,
  channel: Channel,
): Promise<readonly string[]> {
  await deps.connections.unsubscribe(connection, channel);
  return [];
}

async function pong(
  deps: SubscribeDeps,
  states: ChannelStates,
  connection: ConnectionId,
): Promise<readonly string[]> {
  const [subscribed, committed] = await Promise.all([
    deps.connections.channelsOf(connection),
    latestCommitted(deps.epochs),
  ]);
  const versions = await Promise.all(
    subscribed
      .filter(isChannel)
      .map(async (channel) => [channel, (await states.of(committed, channel)).version]),
  );
  return [encodePong(deps.clock(), Object.fromEntries(versions))];
}
