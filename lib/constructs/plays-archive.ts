import { Duration, Validations } from "aws-cdk-lib";
import { BlockPublicAccess, Bucket, BucketEncryption } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type { Settings } from "../settings.ts";

export interface PlaysArchiveProps {
  readonly settings: Settings;
}

/**
 * The plays as they arrived, by hour. Not versioned: an erased play would stay in the object's old version. What protects it
 * from mistakes is that the archiver may not replace objects, and nobody else may write.
 */
export class PlaysArchive extends Bucket {
  constructor(scope: Construct, id: string, { settings }: PlaysArchiveProps) {
    const { removalPolicy, archiveDays } = settings;
    super(scope, id, {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      versioned: false,
      lifecycleRules: archiveDays === 0 ? [] : [{ expiration: Duration.days(archiveDays) }],
      removalPolicy, // a bucket goes only when it is empty: docs/operations.md, "Removal"
    });
    Validations.of(this).acknowledge({
      id: "AwsSolutions-S1",
      reason: "one function writes to it; a log of its requests would take a bucket and say no more",
    });
  }
}
