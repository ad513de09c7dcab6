import type { Archive } from "#src/ports/archive.ts";
import { type AwsTarget, awsFailure, callingAws } from "./aws-error.ts";
import { CliError } from "./cli-error.ts";

const s3: AwsTarget = { service: "S3" };

/** The archive of a deployed stage. What AWS refuses, or the way there, is a `CliError`. */
export async function openBucketArchive(bucket: string): Promise<Archive> {
  const { nodeArchiveZip } = await import("#src/adapters/archive/node-archive-zip.ts");
  const { createS3Client } = await import("#src/adapters/s3/s3-client.ts");
  const { S3Archive } = await import("#src/adapters/s3/s3-archive.ts");
  const archive = new S3Archive(createS3Client(), bucket, nodeArchiveZip);
  return {
    write: (records) => callingAws(s3, () => archive.write(records)),
    rewrite: (object, records) => callingAws(s3, () => archive.rewrite(object, records)),
    list: (range) => callingAws(s3, () => archive.list(range)),
    async *read(object) {
      try {
        yield* archive.read(object);
      } catch (cause) {
        const message = awsFailure(cause, s3);
        throw message === undefined ? cause : new CliError(message, { cause });
      }
    },
  };
}
