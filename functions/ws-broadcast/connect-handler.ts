import type { APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import type { EpochMs } from "#src/domain/play.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { ConnectionId, ConnectionStore } from "#src/ports/connection-store.ts";
import { connectionLifeMs } from "./connection-life.ts";

export interface ConnectDeps {
  readonly connections: ConnectionStore;
  readonly clock: Clock;
}

/** `$connect`: notes that somebody is there. */
export function createConnectHandler({ connections, clock }: ConnectDeps) {
  return async (event: APIGatewayProxyWebsocketEventV2): Promise<{ statusCode: number }> => {
    const connection = event.requestContext.connectionId as ConnectionId;
    await connections.connect(connection, (clock() + connectionLifeMs) as EpochMs);
    return { statusCode: 200 };
  };
}
