import { KinesisClient, type KinesisClientConfig } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const connectionTimeoutMs = 2_000;
/** A request that hangs is given up and repeated. */
const requestTimeoutMs = 5_000;

/**
 * A client for the adapters of this folder, of the Kinesis that the environment names. It speaks HTTP/1.1: endpoints that
 * imitate AWS do not speak the SDK's default for this service, HTTP/2, or cannot verify its signatures.
 */
export const createKinesisClient = (config: Pick<KinesisClientConfig, "maxAttempts"> = {}): KinesisClient =>
  new KinesisClient({
    ...config,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    }),
  });
