import { randomUUID } from "node:crypto";
import { CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand } from "@aws-sdk/client-s3";
import { nodeArchiveZip } from "#src/adapters/archive/node-archive-zip.ts";
import { S3Archive } from "#src/adapters/s3/s3-archive.ts";
import { createS3Client } from "#src/adapters/s3/s3-client.ts";
import { archiveContract } from "../contract/archive.contract.ts";
import { describeDeployed } from "./harness/describe-deployed.ts";

describeDeployed("the S3 of the endpoint", ({ deployment: { target } }) => {
  archiveContract("S3Archive", async () => {
    const client = createS3Client();
    const Bucket = `earworm-contract-${randomUUID()}`;
    const region = await client.config.region();
    await client.send(
      new CreateBucketCommand({
        Bucket,
        ...(target.kind === "aws" && region !== "us-east-1"
          ? { CreateBucketConfiguration: { LocationConstraint: region as never } }
          : {}),
      }),
    );
    const store = new S3Archive(client, Bucket, nodeArchiveZip);
    const close = async (): Promise<void> => {
      for (const { path } of await store.list())
        await client.send(new DeleteObjectCommand({ Bucket, Key: path }));
      await client.send(new DeleteBucketCommand({ Bucket }));
      client.destroy();
    };
    return { store, close };
  });
});
