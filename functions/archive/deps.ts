import { nodeArchiveZip } from "#src/adapters/archive/node-archive-zip.ts";
import { createLambdaEdge, type LambdaEdge } from "#src/adapters/powertools/lambda-edge.ts";
import { S3Archive } from "#src/adapters/s3/s3-archive.ts";
import { createS3Client } from "#src/adapters/s3/s3-client.ts";
import type { Env } from "#src/config/env.ts";
import type { ArchiveDeps } from "./archive-handler.ts";
import type { archiveEnv } from "./env.ts";

export const createArchiveDeps = (env: Env<typeof archiveEnv>): ArchiveDeps & LambdaEdge => ({
  ...createLambdaEdge(),
  archive: new S3Archive(createS3Client(), env.ARCHIVE_BUCKET, nodeArchiveZip),
  decodeBase64: (text) => Buffer.from(text, "base64"),
});
