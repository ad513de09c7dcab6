import { S3Client } from "@aws-sdk/client-s3";

const connectionTimeoutMs = 2_000;
/** A request that hangs is given up and repeated. */
const requestTimeoutMs = 20_000;

/**
 * A client for the adapter of this folder, of the S3 that the environment names. Buckets are part of the path: endpoints that
 * imitate AWS have no host name for each.
 */
export const createS3Client = (): S3Client =>
  new S3Client({
    forcePathStyle: true,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  });
