import { Match, Template } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import { settingsFor } from "#lib/settings.ts";
import { StateStack } from "#lib/stacks/state-stack.ts";
import { anApp, resourcesOf } from "./templates.ts";

const stateOf = (settings: ReturnType<typeof settingsFor>) =>
  Template.fromStack(new StateStack(anApp(), "State", { settings }));
const prod = stateOf(settingsFor("prod"));
const retainedTypes = ["AWS::Kinesis::Stream", "AWS::DynamoDB::Table", "AWS::S3::Bucket"];

test("every resource outlives the stack in prod", () => {
  const resources = retainedTypes.flatMap((type) => resourcesOf([prod], type));

  expect(resources).toHaveLength(4);
  for (const [, resource] of resources) {
    expect(resource).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
  }
});

test("every table can be recovered and neither deleted nor throttled by a fixed capacity", () => {
  prod.allResourcesProperties("AWS::DynamoDB::Table", {
    BillingMode: "PAY_PER_REQUEST",
    DeletionProtectionEnabled: true,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
  });
});

test("segments expire and announce their keys; counters do neither", () => {
  const announcing = prod.findResources("AWS::DynamoDB::Table", {
    Properties: {
      StreamSpecification: { StreamViewType: "KEYS_ONLY" },
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
    },
  });
  const lasting = prod.findResources("AWS::DynamoDB::Table", {
    Properties: { StreamSpecification: Match.absent(), TimeToLiveSpecification: Match.absent() },
  });

  expect(Object.keys(announcing)).toEqual([expect.stringMatching(/^Segments/)]);
  expect(Object.keys(lasting)).toEqual([expect.stringMatching(/^Counters/)]);
});

test("the stream is on demand, encrypted and keeps a week", () => {
  prod.hasResourceProperties("AWS::Kinesis::Stream", {
    StreamModeDetails: { StreamMode: "ON_DEMAND" },
    ShardCount: Match.absent(),
    RetentionPeriodHours: 168,
    StreamEncryption: Match.objectLike({ EncryptionType: "KMS" }),
  });
});

test("the archive is encrypted, closed to the public and without versions, which would outlive an erasure", () => {
  prod.hasResourceProperties("AWS::S3::Bucket", {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
    },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    VersioningConfiguration: Match.absent(),
  });
});

test("nobody reads or writes the archive without TLS", () => {
  prod.hasResourceProperties("AWS::S3::BucketPolicy", {
    PolicyDocument: {
      Statement: [
        Match.objectLike({
          Effect: "Deny",
          Principal: { AWS: "*" },
          Action: "s3:*",
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      ],
    },
  });
});

test("the archive keeps everything, or as many days as the setting says", () => {
  prod.hasResourceProperties("AWS::S3::Bucket", { LifecycleConfiguration: Match.absent() });
  stateOf(settingsFor("prod", { archiveDays: 90, verifyDays: 30 })).hasResourceProperties("AWS::S3::Bucket", {
    LifecycleConfiguration: { Rules: [{ ExpirationInDays: 90, Status: "Enabled" }] },
  });
});

test("a number of shards makes the stream provisioned", () => {
  stateOf(settingsFor("prod", { shards: 4 })).hasResourceProperties("AWS::Kinesis::Stream", {
    StreamModeDetails: { StreamMode: "PROVISIONED" },
    ShardCount: 4,
  });
});

test("dev leaves nothing behind", () => {
  const dev = stateOf(settingsFor("dev"));

  for (const [, resource] of retainedTypes.flatMap((type) => resourcesOf([dev], type))) {
    expect(resource.DeletionPolicy).toBe("Delete");
  }
});

test("nothing has a fixed name", () => {
  for (const [, { Properties }] of retainedTypes.flatMap((type) => resourcesOf([prod], type))) {
    expect(Properties).not.toHaveProperty("Name");
    expect(Properties).not.toHaveProperty("TableName");
    expect(Properties).not.toHaveProperty("BucketName");
  }
});

test("what other tools need to know is an output", () => {
  expect(Object.keys(prod.findOutputs("*"))).toEqual(
    expect.arrayContaining([
      ...["StreamName", "SegmentsTableName", "CountersTableName", "ArchiveBucketName"],
      "DedupeHorizonMs",
    ]),
  );
});
