import { describe, expect, test } from "vitest";
import { CliError } from "#cli/cli-error.ts";
import { findDeployment } from "#cli/deployment.ts";
import { someCredentials, withAwsEnvironment } from "#test/support/aws-environment.ts";
import { aCloudFormation, describing, refusing } from "#test/support/cloudformation-double.ts";

const outputs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "Earworm-prod-State": {
    StreamName: "plays-1",
    SegmentsTableName: "seg",
    CountersTableName: "cnt",
    ArchiveBucketName: "arc",
    DedupeHorizonMs: "900000",
  },
  "Earworm-prod-Realtime": {
    HttpApiUrl: "https://a.example.com/",
    WebSocketUrl: "wss://b.example.com/prod",
    ConnectionsTableName: "con",
  },
};

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(() => undefined).catch((thrown: unknown) => thrown);
  if (!(error instanceof CliError)) throw new Error("expected a CliError", { cause: error });
  expect(error.message).not.toContain("\n");
  return error.message;
}

test("a deployment is what its stacks' outputs say", async () => {
  const endpoint = await aCloudFormation((name) => describing(name, outputs[name] ?? {}));
  withAwsEnvironment({ ...someCredentials, AWS_ENDPOINT_URL: endpoint });

  expect(await findDeployment("prod")).toEqual({
    countersTable: "cnt",
    segmentsTable: "seg",
    archiveBucket: "arc",
    dedupeHorizonMs: 900_000,
    connectionsTable: "con",
    streamName: "plays-1",
    httpApiUrl: "https://a.example.com",
    webSocketUrl: "wss://b.example.com/prod",
  });
});

describe("one line says what is missing", () => {
  test("the stage", async () => {
    const endpoint = await aCloudFormation((name) =>
      refusing(400, "ValidationError", `Stack with id ${name} does not exist`),
    );
    withAwsEnvironment({ ...someCredentials, AWS_ENDPOINT_URL: endpoint });

    expect(await messageOf(findDeployment("prod"))).toBe(
      "stage prod is not deployed in eu-west-1: there is no stack Earworm-prod-State; " +
        "deploy it with npx cdk deploy --all -c stage=prod",
    );
  });

  test("an output", async () => {
    const endpoint = await aCloudFormation((name) => describing(name, { StreamName: "plays-1" }));
    withAwsEnvironment({ ...someCredentials, AWS_ENDPOINT_URL: endpoint });

    expect(await messageOf(findDeployment("prod"))).toBe(
      "stack Earworm-prod-State (UPDATE_COMPLETE) has no output CountersTableName: " +
        "deploy it again with npx cdk deploy --all -c stage=prod",
    );
  });

  test("an output that a stage of an earlier version lacks", async () => {
    const { ArchiveBucketName: _, ...earlier } = outputs["Earworm-prod-State"] ?? {};
    const endpoint = await aCloudFormation((name) => describing(name, earlier));
    withAwsEnvironment({ ...someCredentials, AWS_ENDPOINT_URL: endpoint });

    expect(await messageOf(findDeployment("prod"))).toBe(
      "stack Earworm-prod-State (UPDATE_COMPLETE) has no output ArchiveBucketName: " +
        "deploy it again with npx cdk deploy --all -c stage=prod",
    );
  });

  test("the region", async () => {
    withAwsEnvironment({ AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret" });

    expect(await messageOf(findDeployment("prod"))).toMatch(/^no AWS region: set AWS_REGION/);
  });

  test("the credentials", async () => {
    withAwsEnvironment({ AWS_REGION: "eu-west-1", AWS_ENDPOINT_URL: "http://127.0.0.1:1" });

    expect(await messageOf(findDeployment("prod"))).toMatch(/^no AWS credentials: set AWS_PROFILE/);
  });

  test.each([
    ["nothing listens", "http://127.0.0.1:1", "ECONNREFUSED"],
    ["no such host", "http://earworm.invalid", "ENOTFOUND"],
  ])("the endpoint: %s", async (_, endpoint, code) => {
    withAwsEnvironment({ ...someCredentials, AWS_ENDPOINT_URL: endpoint });

    expect(await messageOf(findDeployment("prod"))).toMatch(
      new RegExp(`^cannot reach CloudFormation at ${endpoint} \\((${code}|EAI_AGAIN)\\)$`),
    );
  });

  test.each([
    ["ExpiredToken", 403],
    ["ExpiredTokenException", 400],
    ["RequestExpired", 400],
  ])("a session that has not expired: %s", async (code, status) => {
    const endpoint = await aCloudFormation(() => refusing(status, code, "it has expired"));
    withAwsEnvironment({ ...someCredentials, AWS_SESSION_TOKEN: "old", AWS_ENDPOINT_URL: endpoint });

    expect(await messageOf(findDeployment("prod"))).toBe(
      `the AWS session has expired (${code}): sign in again, or set a new AWS_SESSION_TOKEN with its keys`,
    );
  });

  test("credentials that are known there", async () => {
    const endpoint = await aCloudFormation(() =>
      refusing(403, "InvalidClientTokenId", "The security token included in the request is invalid."),
    );
    withAwsEnvironment({ ...someCredentials, AWS_ENDPOINT_URL: endpoint });

    expect(await messageOf(findDeployment("prod"))).toBe(
      `CloudFormation at ${endpoint} does not accept the AWS credentials ` +
        "(InvalidClientTokenId: The security token included in the request is invalid.)",
    );
  });

  test.each([
    ["a page", { type: "text/html", body: "<html><body>hello</body></html>" }],
    ["a page that is not there", { status: 404, type: "text/html", body: "<html></html>" }],
    ["text", { type: "text/plain", body: "hello" }],
    ["JSON", { status: 404, type: "application/json", body: '{"error":"no such path"}' }],
    ["nothing", { status: 502, body: "" }],
  ])("an AWS behind the endpoint, which answers with %s", async (_, answer) => {
    const endpoint = await aCloudFormation(() => answer);
    withAwsEnvironment({ ...someCredentials, AWS_ENDPOINT_URL: endpoint });

    expect(await messageOf(findDeployment("prod"))).toContain(
      `CloudFormation at ${endpoint} did not answer as AWS does`,
    );
  });
});
