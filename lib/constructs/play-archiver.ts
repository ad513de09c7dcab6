import { Duration, Stack, Validations } from "aws-cdk-lib";
import { Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IStream } from "aws-cdk-lib/aws-kinesis";
import { type CfnEventSourceMapping, EventSourceMapping, StartingPosition } from "aws-cdk-lib/aws-lambda";
import type { CfnBucket, IBucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { archiveEnv } from "#functions/archive/env.ts";
import type { Settings } from "../settings.ts";
import { StageFunction } from "./stage-function.ts";

export interface PlayArchiverProps {
  readonly settings: Settings;
  readonly plays: IStream;
  readonly archive: IBucket;
}

/** Reads the plays stream into the archive, beside the consumer: in order, and never past a play it could not store. */
export class PlayArchiver extends Construct {
  constructor(scope: Construct, id: string, { settings, plays, archive }: PlayArchiverProps) {
    super(scope, id);
    const archiver = new StageFunction(this, "Archive", {
      entry: "archive/index.ts",
      envSpec: archiveEnv,
      env: { ARCHIVE_BUCKET: archive.bucketName },
      settings,
      timeout: Duration.seconds(60),
    });
    // Without leave to replace: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    archiver.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ["s3:PutObject"],
        resources: [archive.arnForObjects("*")],
        conditions: { Null: { "s3:if-none-match": "false" } },
      }),
    );
    const bucket = Stack.of(archive).getLogicalId(archive.node.defaultChild as CfnBucket);
    Validations.of(archiver).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${bucket}.Arn>/*]`,
      reason: "objects are named by what is in them; it is this bucket's only",
    });
    plays.grantRead(archiver);

    const mapping = new EventSourceMapping(this, "Mapping", {
      target: archiver.fn,
      eventSourceArn: plays.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 10_000, // 6 MB ends a batch earlier
      maxBatchingWindow: Duration.seconds(settings.archiveSeconds),
      parallelizationFactor: 1, // an object holds a contiguous range of one shard
      retryAttempts: -1,
      bisectBatchOnError: true,
      reportBatchItemFailures: false,
    });
    // As for the consumer: until the stream's own retention.
    (mapping.node.defaultChild as CfnEventSourceMapping).maximumRecordAgeInSeconds = -1;
  }
}
