import { Match } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import { synthesize } from "./templates.ts";

/**
 * What the core stacks are made of: each of these MiniStack creates (npm run test:e2e deploys them there). A type that it
 * cannot create belongs into a stack of its own, behind a named capability.
 */
const coreTypes = [
  "AWS::ApiGatewayV2::Api",
  "AWS::ApiGatewayV2::Integration",
  "AWS::ApiGatewayV2::Route",
  "AWS::ApiGatewayV2::Stage",
  "AWS::CloudFront::Distribution",
  "AWS::CloudFront::OriginAccessControl",
  "AWS::CloudFront::ResponseHeadersPolicy",
  "AWS::CloudWatch::Alarm",
  "AWS::CloudWatch::Dashboard",
  "AWS::DynamoDB::Table",
  "AWS::Events::Rule",
  "AWS::IAM::Policy",
  "AWS::IAM::Role",
  "AWS::Kinesis::Stream",
  "AWS::Lambda::EventSourceMapping",
  "AWS::Lambda::Function",
  "AWS::Lambda::Permission",
  "AWS::Logs::LogGroup",
  "AWS::S3::Bucket",
  "AWS::S3::BucketPolicy",
  "AWS::StepFunctions::StateMachine",
  "Custom::EarwormPage",
];
/** Only where the settings ask for them. */
const optionalTypes = ["AWS::SNS::Subscription", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy"];

function typesOf(stage: string, overrides: Parameters<typeof synthesize>[1] = {}): string[] {
  const templates = synthesize(stage, overrides).all.map((template) => template.toJSON());
  const types = templates.flatMap(({ Resources }) =>
    Object.values(Resources as Record<string, { Type: string }>).map(({ Type }) => Type),
  );
  return [...new Set(types)].sort();
}

test.each(["dev", "prod", "large-fleet", "e2e"])(
  "the core stacks of %s hold these types and no other",
  (stage) => {
    expect(typesOf(stage)).toEqual(coreTypes);
  },
);

test("addresses for alarms add a topic and nothing else", () => {
  const types = typesOf("prod", { alarmEmails: ["oncall@example.com"] });

  expect(types).toEqual([...coreTypes, ...optionalTypes].sort());
});

test("a WebSocket that takes a token adds an authorizer and nothing else", () => {
  const types = typesOf("prod", { webSocketAccess: "token" });

  expect(types).toEqual([...coreTypes, "AWS::ApiGatewayV2::Authorizer"].sort());
});

test("without a page there is nothing of CloudFront, and no function that publishes", () => {
  const types = typesOf("prod", { dashboard: "none" });

  expect(types).toEqual(coreTypes.filter((type) => !/CloudFront|^Custom/.test(type)));
});

test("an alarm watches one metric as it is, because MiniStack creates no other", () => {
  const { observability } = synthesize("prod");

  observability.allResourcesProperties("AWS::CloudWatch::Alarm", {
    MetricName: Match.anyValue(),
    Metrics: Match.absent(),
  });
});
