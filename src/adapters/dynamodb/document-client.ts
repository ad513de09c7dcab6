import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { integerFrom } from "./item.ts";

/** As many sockets as the adapters have requests in flight. */
const maxSockets = 64;
const connectionTimeoutMs = 2_000;
/** A request that hangs is given up and repeated; guards and tokens make the repetition harmless. */
const requestTimeoutMs = 10_000;

/**
 * A client for the adapters of this folder. Integers keep all of their digits.
 *
 * @param endpoint where DynamoDB is, unless the environment says so
 */
export function createDocumentClient(endpoint?: string): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    maxAttempts: 5,
    ...(endpoint === undefined ? {} : { endpoint }),
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets },
      httpsAgent: { keepAlive: true, maxSockets },
    },
  });
  return DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
    unmarshallOptions: { wrapNumbers: numberFrom },
  });
}

/** A number where that is exact, else a bigint; fractions are numbers. */
function numberFrom(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) || !Number.isInteger(value) ? value : integerFrom(text);
}
