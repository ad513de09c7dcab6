import { withAwsEnvironment } from "./aws-environment.ts";
import { aCloudFormation, describing } from "./cloudformation-double.ts";
import type { DynamoDbLocal } from "./dynamodb-local.ts";

/** Makes the environment that of a stage whose tables are these. */
export async function deployedAs(
  { client }: DynamoDbLocal,
  segments: string,
  counters: string,
  dedupeHorizonMs = 600_000,
): Promise<void> {
  const cloudFormation = await aCloudFormation((stack) =>
    describing(stack, {
      StreamName: "plays",
      SegmentsTableName: segments,
      CountersTableName: counters,
      ArchiveBucketName: "none",
      DedupeHorizonMs: String(dedupeHorizonMs),
      ConnectionsTableName: "none",
      HttpApiUrl: "http://127.0.0.1",
      WebSocketUrl: "ws://127.0.0.1",
    }),
  );
  const endpoint = await client.config.endpoint?.();
  if (endpoint === undefined) throw new Error("DynamoDB Local has no endpoint");
  withAwsEnvironment({
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation,
    AWS_ENDPOINT_URL_DYNAMODB: `http://${endpoint.hostname}:${endpoint.port}`,
  });
}
