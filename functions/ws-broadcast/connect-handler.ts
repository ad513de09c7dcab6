import type { APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import type { EpochMs } from "#src/domain/play.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { ConnectionId, ConnectionStore } from "#src/ports/connection-store.ts";
import { connectionLifeMs } from "./connection-life.ts";
import { admits } from "./origin-rule.ts";

export interface ConnectDeps {
  readonly connections: ConnectionStore;
  readonly clock: Clock;
  /** Pages that may connect, by origin; "*" alone for any. */
  readonly allowedOrigins: readonly string[];
}

/** API Gateway gives `$connect` the handshake's headers, as the client spelled them; the types leave them out. */
type ConnectEvent = APIGatewayProxyWebsocketEventV2 & {
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
};

/** `$connect`: notes that somebody is there. Any status but 200 ends the handshake with it. */
export function createConnectHandler({ connections, clock, allowedOrigins }: ConnectDeps) {
  return async (event: ConnectEvent): Promise<{ statusCode: number }> => {
    if (!admits(allowedOrigins, originOf(event))) return { statusCode: 403 };
    const connection = event.requestContext.connectionId as ConnectionId;
    await connections.connect(connection, (clock() + connectionLifeMs) as EpochMs);
    return { statusCode: 200 };
  };
}

function originOf({ headers }: ConnectEvent): string | undefined {
  return Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === "origin")?.[1];
}
