import { Duration, Stack, Validations } from "aws-cdk-lib";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { CfnBucket, IBucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { verifyEnv } from "#functions/verify/env.ts";
import type { Settings } from "../settings.ts";
import { grantPartitions } from "./grant-partitions.ts";
import { StageFunction } from "./stage-function.ts";

export interface VerifierProps {
  readonly settings: Settings;
  readonly counters: ITable;
  readonly archive: IBucket;
}

/** Compares the totals with a recount of the archive, every `verifyHours`. */
export class Verifier extends Construct {
  readonly fn: IFunction;

  constructor(scope: Construct, id: string, { settings, counters, archive }: VerifierProps) {
    super(scope, id);
    const verify = new StageFunction(this, "Verify", {
      entry: "verify/index.ts",
      envSpec: verifyEnv,
      env: {
        COUNTERS_TABLE: counters.tableName,
        ARCHIVE_BUCKET: archive.bucketName,
        LEASE_MS: String(settings.leaseMs),
        DEDUPE_HORIZON_MS: String(settings.dedupeHorizonMs),
        VERIFY_DAYS: String(settings.verifyDays),
      },
      settings,
      memoryMb: settings.verifyMemoryMb,
      timeout: Duration.minutes(15), // the most that Lambda allows
    });
    this.fn = verify.fn;
    counters.grant(verify, "dynamodb:Scan", "dynamodb:Query", "dynamodb:GetItem");
    grantPartitions(counters, ["LEASE", "VERIFICATION"], verify, "dynamodb:PutItem");
    grantPartitions(counters, ["LEASE"], verify, "dynamodb:DeleteItem");
    grantReads(archive, verify);

    new Rule(this, "Schedule", {
      description: "compares the totals with a recount of the archive",
      schedule: Schedule.rate(Duration.hours(settings.verifyHours)),
      targets: [new LambdaFunction(verify.fn, { maxEventAge: Duration.hours(1) })],
    });
  }
}

/** Listing and reading: `grantRead` would allow families of actions. */
function grantReads(archive: IBucket, verify: StageFunction<typeof verifyEnv>): void {
  const { grantPrincipal } = verify;
  grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: ["s3:ListBucket"], resources: [archive.bucketArn] }),
  );
  grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: ["s3:GetObject"], resources: [archive.arnForObjects("*")] }),
  );
  const bucket = Stack.of(archive).getLogicalId(archive.node.defaultChild as CfnBucket);
  Validations.of(verify).acknowledge({
    id: `AwsSolutions-IAM5[Resource::<${bucket}.Arn>/*]`,
    reason: "objects are named by what is in them, and it reads all",
  });
}
