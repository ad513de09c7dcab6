import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DeleteObjectsCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { createS3Client } from "#src/adapters/s3/s3-client.ts";

/** What an operator does before a stage is destroyed: CloudFormation deletes no bucket that holds something. */
export async function emptyArchive(stage: string): Promise<void> {
  const Bucket = await archiveBucketOf(`Earworm-${stage}-State`);
  if (Bucket === undefined) return;
  const client = createS3Client();
  try {
    for (;;) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      if (Contents.length === 0) return;
      const Objects = Contents.map(({ Key = "" }) => ({ Key }));
      await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    }
  } finally {
    client.destroy();
  }
}

async function archiveBucketOf(StackName: string): Promise<string | undefined> {
  const client = new CloudFormationClient();
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    const outputs = Stacks[0]?.Outputs ?? [];
    return outputs.find(({ OutputKey }) => OutputKey === "ArchiveBucketName")?.OutputValue;
  } catch (error) {
    if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}
