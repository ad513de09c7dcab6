import {
  ApiGatewayManagementApiClient,
  ApiGatewayManagementApiServiceException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { StoreError } from "#src/domain/errors.ts";
import type { ConnectionGateway } from "#src/ports/connection-gateway.ts";
import type { ConnectionId } from "#src/ports/connection-store.ts";

/** One client that does not take its message must not hold up the others for long. */
const connectionTimeoutMs = 2_000;
const requestTimeoutMs = 5_000;
/** More than a broadcast serves at a time, because a send that it gave up holds its socket until it times out here. */
const agent = { maxSockets: 512, keepAlive: true };

/** Sends through the management endpoint of an API Gateway WebSocket API. */
export class ApiGatewayConnectionGateway implements ConnectionGateway {
  readonly #endpoint: string;
  readonly #client: ApiGatewayManagementApiClient;

  /** @param endpoint `https://<api id>.execute-api.<region>.amazonaws.com/<stage>` */
  constructor(endpoint: string) {
    this.#endpoint = endpoint;
    this.#client = new ApiGatewayManagementApiClient({
      endpoint,
      requestHandler: {
        httpAgent: agent,
        httpsAgent: agent,
        connectionTimeout: connectionTimeoutMs,
        requestTimeout: requestTimeoutMs,
        throwOnRequestTimeout: true,
      },
    });
  }

  async send(connection: ConnectionId, message: string): Promise<"sent" | "gone"> {
    const command = new PostToConnectionCommand({
      ConnectionId: connection,
      Data: Buffer.from(message, "utf8"),
    });
    try {
      await this.#client.send(command);
      return "sent";
    } catch (cause) {
      if (isGone(cause)) return "gone";
      const reason = cause instanceof Error ? cause.name : String(cause);
      throw new StoreError(`${this.#endpoint}: PostToConnection failed with ${reason}`, { cause });
    }
  }
}

/** By the status: endpoints that imitate AWS send no name with it. */
function isGone(cause: unknown): boolean {
  return cause instanceof ApiGatewayManagementApiServiceException && cause.$metadata.httpStatusCode === 410;
}
