import type { APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import type { ConnectionId, ConnectionStore } from "#src/ports/connection-store.ts";

export interface DisconnectDeps {
  readonly connections: ConnectionStore;
}

/** `$disconnect`: forgets the connection. API Gateway may skip it; TTL and "gone" answers clean up after it. */
export function createDisconnectHandler({ connections }: DisconnectDeps) {
  return async (event: APIGatewayProxyWebsocketEventV2): Promise<{ statusCode: number }> => {
    await connections.disconnect(event.requestContext.connectionId as ConnectionId);
    return { statusCode: 200 };
  };
}
