import { App, Stack } from "aws-cdk-lib";
import { expect, test } from "vitest";
import { apiEnv } from "#functions/api/env.ts";
import { archiveEnv } from "#functions/archive/env.ts";
import { hostingEnv } from "#functions/hosting/env.ts";
import {
  chartsEnv,
  commitEnv,
  consumeEnv,
  planEnv,
  reduceEnv,
  releaseEnv,
  triggerEnv,
} from "#functions/mapreduce/env.ts";
import { recommendationEnv } from "#functions/recommendation/env.ts";
import { listenersEnv, userBehaviorEnv } from "#functions/user-behavior/env.ts";
import { verifyEnv } from "#functions/verify/env.ts";
import {
  authorizeEnv,
  broadcastEnv,
  connectEnv,
  disconnectEnv,
  subscribeEnv,
} from "#functions/ws-broadcast/env.ts";
import { StageFunction } from "#lib/constructs/stage-function.ts";
import { settingsFor } from "#lib/settings.ts";
import {
  broadcastPartition,
  leaseItem,
  tokenPartition,
  verificationItem,
} from "#src/adapters/dynamodb/keys.ts";
import { type EnvSpec, parseEnv } from "#src/config/env.ts";
import { type FunctionName, type TableRequests, tableRequests } from "#test/support/table-requests.ts";
import { environments, listed, resourcesOf, type Statement, statementsOf, synthesize } from "./templates.ts";

/** With everything that is optional. */
const { all, realtime, pipeline } = synthesize("prod", {
  webSocketAccess: "token",
  webSocketAccessLogs: "on",
});

const specs: Readonly<Record<string, EnvSpec>> = {
  api: apiEnv,
  archive: archiveEnv,
  hosting: hostingEnv,
  "mapreduce-charts": chartsEnv,
  "mapreduce-commit": commitEnv,
  "mapreduce-consume": consumeEnv,
  "mapreduce-plan": planEnv,
  "mapreduce-reduce": reduceEnv,
  "mapreduce-release": releaseEnv,
  "mapreduce-trigger": triggerEnv,
  recommendation: recommendationEnv,
  "user-behavior": userBehaviorEnv,
  "user-behavior-listeners": listenersEnv,
  verify: verifyEnv,
  "ws-broadcast-authorize": authorizeEnv,
  "ws-broadcast-broadcast": broadcastEnv,
  "ws-broadcast-connect": connectEnv,
  "ws-broadcast-disconnect": disconnectEnv,
  "ws-broadcast-subscribe": subscribeEnv,
};
const common = [
  "NODE_OPTIONS",
  "POWERTOOLS_LOG_LEVEL",
  "POWERTOOLS_METRICS_NAMESPACE",
  "POWERTOOLS_SERVICE_NAME",
];

/** What may be allowed on every resource, and why no narrower one exists. */
const unscoped: Readonly<Record<string, string>> = {
  "xray:PutTraceSegments": "X-Ray has no resources",
  "xray:PutTelemetryRecords": "X-Ray has no resources",
  "xray:GetSamplingRules": "X-Ray has no resources",
  "xray:GetSamplingTargets": "X-Ray has no resources",
  "dynamodb:ListStreams": "a listing; records are read on the one stream only",
  "logs:CreateLogDelivery": "log delivery by Step Functions has no resources",
  "logs:GetLogDelivery": "log delivery by Step Functions has no resources",
  "logs:UpdateLogDelivery": "log delivery by Step Functions has no resources",
  "logs:DeleteLogDelivery": "log delivery by Step Functions has no resources",
  "logs:ListLogDeliveries": "log delivery by Step Functions has no resources",
  "logs:PutResourcePolicy": "log delivery by Step Functions has no resources",
  "logs:DescribeResourcePolicies": "log delivery by Step Functions has no resources",
  "logs:DescribeLogGroups": "log delivery by Step Functions has no resources",
};

/** Every statement, with the logical id of the policy that holds it. */
const statements: readonly (Statement & { readonly policy: string })[] = resourcesOf(
  all,
  "AWS::IAM::Policy",
).flatMap(([policy, resource]) => statementsOf(resource).map((statement) => ({ ...statement, policy })));

/** The construct that a role's policy is of: `Plan`, `RealtimeConnect`. */
const ownerOf = (policy: string): string => policy.replace(/RoleDefaultPolicy.*/, "");

/** Whether a resource is a table itself, and not its stream. */
function isTable(resource: unknown, table: string): boolean {
  const text = JSON.stringify(resource);
  return text.includes(table) && !text.includes("StreamArn");
}

/** The ids of the policies that allow one of the actions on a resource whose reference contains the text. */
const policiesAllowing = (actions: readonly string[], on: string): string[] =>
  statements
    .filter(({ Action }) => listed(Action).some((action) => actions.includes(action)))
    .filter(({ Resource }) => JSON.stringify(Resource).includes(on))
    .map(({ policy }) => ownerOf(policy))
    .sort();

test("every function runs Node 24 on ARM, traced, with its own log group", () => {
  const functions = resourcesOf([realtime, pipeline], "AWS::Lambda::Function");

  expect(functions).toHaveLength(Object.keys(specs).length);
  for (const [id, { Properties }] of functions) {
    expect(Properties, id).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      TracingConfig: { Mode: "Active" },
      LoggingConfig: { LogGroup: { Ref: expect.any(String) } },
    });
    expect(Properties, id).not.toHaveProperty("FunctionName");
  }
  for (const [, { Properties }] of resourcesOf(all, "AWS::Logs::LogGroup"))
    expect(Properties["RetentionInDays"]).toBeGreaterThan(0);
});

test("every function has the variables it declares, the common ones and no other", () => {
  const variables = environments(all);

  expect([...variables.keys()].sort()).toEqual(Object.keys(specs).sort());
  for (const [service, spec] of Object.entries(specs))
    expect(Object.keys(variables.get(service) ?? {}).sort(), service).toEqual(
      [...Object.keys(spec), ...common].sort(),
    );
});

test("every literal variable has a value its function can parse", () => {
  for (const [service, variables] of environments(all)) {
    const texts = Object.entries(variables).map(([name, value]) => [
      name,
      typeof value === "string" ? value : "known when deployed",
    ]);
    expect(() => parseEnv(specs[service] ?? {}, Object.fromEntries(texts)), service).not.toThrow();
  }
});

test("a missing variable does not compile", () => {
  const build = () =>
    new StageFunction(new Stack(new App(), "Unused"), "Release", {
      entry: "mapreduce/release-index.ts",
      envSpec: releaseEnv,
      // @ts-expect-error COUNTERS_TABLE is missing
      env: {},
      settings: settingsFor("dev"),
    });

  expect(build).toBeTypeOf("function");
});

test("no policy allows a family of actions", () => {
  for (const { policy, Action } of statements)
    for (const action of listed(Action)) expect(action, policy).not.toContain("*");
});

test("only the named actions are allowed on every resource", () => {
  const wide = statements.filter(({ Resource }) => listed(Resource).includes("*"));

  expect(wide).not.toEqual([]);
  for (const { policy, Action } of wide)
    for (const action of listed(Action)) expect(Object.keys(unscoped), policy).toContain(action);
});

test("no role has a policy that somebody else maintains", () => {
  for (const [, { Properties }] of resourcesOf(all, "AWS::IAM::Role")) {
    expect(Properties).not.toHaveProperty("ManagedPolicyArns");
    expect(Properties).not.toHaveProperty("Policies");
  }
});

const writes = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"].map(
  (action) => `dynamodb:${action}`,
);

test("only the consumer writes segments", () => {
  expect(policiesAllowing(writes, "Segments")).toEqual(["ConsumerConsume"]);
});

test("the verify function writes the lease and its result and nothing else", () => {
  const limited = statements.filter(
    ({ policy, Action }) =>
      ownerOf(policy) === "VerifierVerify" && listed(Action).some((action) => writes.includes(action)),
  );

  const only = (...partitions: string[]) => ({
    "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": partitions },
  });
  expect(limited).toMatchObject([
    { Action: "dynamodb:PutItem", Condition: only(leaseItem.pk, verificationItem.pk) },
    { Action: "dynamodb:DeleteItem", Condition: only(leaseItem.pk) },
  ]);
});

test("only the workflow's stages write totals; the broadcast writes how it went and nothing else", () => {
  const limited = statements.find(
    ({ policy, Action }) =>
      policy.startsWith("RealtimeBroadcast") && listed(Action).includes("dynamodb:PutItem"),
  );

  expect(policiesAllowing(writes, "Counters")).toEqual([
    "Charts",
    "Commit",
    "Listeners",
    "Plan",
    "RealtimeBroadcast",
    "Recommendation",
    "Reduce",
    "Release",
    "UserBehavior",
    "VerifierVerify",
    "VerifierVerify",
  ]);
  expect(limited).toMatchObject({
    Action: "dynamodb:PutItem",
    Condition: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [broadcastPartition] } },
  });
});

test("only the consumer and the archiver read the plays stream, and only the API writes to it", () => {
  expect(policiesAllowing(["kinesis:GetRecords"], "Plays")).toEqual(["ArchiverArchive", "ConsumerConsume"]);
  expect(policiesAllowing(["kinesis:PutRecord", "kinesis:PutRecords"], "Plays")).toEqual(["HttpFunction"]);
});

test("the archiver may add to the archive, replace nothing in it and read nothing of it", () => {
  const onArchive = statements.filter(
    ({ policy, Action }) => ownerOf(policy) === "ArchiverArchive" && /s3/.test(JSON.stringify(Action)),
  );

  expect(onArchive).toMatchObject([
    { Action: "s3:PutObject", Condition: { Null: { "s3:if-none-match": "false" } } },
  ]);
  expect(JSON.stringify(onArchive[0]?.Resource)).toMatch(/Archive.*\/\*/);
});

test("what publishes the page may do so, and nothing with another bucket", () => {
  const onBuckets = statements.filter(
    ({ policy, Action }) => ownerOf(policy) === "HostingPublish" && /s3:/.test(JSON.stringify(Action)),
  );

  expect(onBuckets.map(({ Resource }) => JSON.stringify(Resource))).toEqual([
    expect.stringMatching(/HostingPage.*\/\*/),
    expect.stringMatching(/^\{"Fn::GetAtt":\["HostingPage\w+","Arn"\]\}$/),
  ]);
});

test("only the trigger starts the workflow, and only the workflow calls functions", () => {
  expect(policiesAllowing(["states:StartExecution"], "WorkflowStateMachine")).toEqual(["StartTrigger"]);
  expect(policiesAllowing(["lambda:InvokeFunction"], "Fn")).toEqual(["WorkflowStateMachine"]);
});

test("only what pushes may manage connections", () => {
  expect(policiesAllowing(["execute-api:ManageConnections"], "RealtimeApi")).toEqual([
    "RealtimeBroadcast",
    "RealtimeSubscribe",
  ]);
});

const dynamoDb = (actions: readonly string[]): string[] => actions.map((action) => `dynamodb:${action}`);

/** What Lambda's poller takes to read a stream. */
const streamReads = [
  "kinesis:DescribeStream",
  "kinesis:DescribeStreamConsumer",
  "kinesis:DescribeStreamSummary",
  "kinesis:GetRecords",
  "kinesis:GetShardIterator",
  "kinesis:ListShards",
  "kinesis:ListStreams",
  "kinesis:SubscribeToShard",
];

/** What a function may do besides its requests to tables, and besides writing logs and traces. */
const others: Readonly<Partial<Record<FunctionName, readonly string[]>>> = {
  ConsumerConsume: streamReads, // ListShards its own, too
  ArchiverArchive: [...streamReads, "s3:PutObject"],
  VerifierVerify: ["s3:GetObject", "s3:ListBucket"],
  HostingPublish: ["s3:DeleteObject", "s3:ListBucket", "s3:PutObject"],
  StartTrigger: [
    ...dynamoDb(["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"]),
    "states:StartExecution",
  ],
  RealtimeSubscribe: ["execute-api:ManageConnections"],
  RealtimeBroadcast: ["execute-api:ManageConnections"],
  HttpFunction: ["kinesis:PutRecord", "kinesis:PutRecords"],
};

const logsAndTraces = [
  "logs:CreateLogStream",
  "logs:PutLogEvents",
  "xray:PutTelemetryRecords",
  "xray:PutTraceSegments",
];

test("every function may send what its adapters send, and nothing else at all", () => {
  const functions = [...new Set(statements.map(({ policy }) => ownerOf(policy)))].filter(
    (owner) => owner !== "WorkflowStateMachine",
  );

  expect(functions.sort()).toEqual(Object.keys(tableRequests).sort());
  for (const [fn, tables] of Object.entries<TableRequests>(tableRequests)) {
    const own = statements.filter(({ policy }) => ownerOf(policy) === fn);
    const requests = Object.values(tables).flatMap(dynamoDb);
    const expected = [...requests, ...(others[fn as FunctionName] ?? []), ...logsAndTraces];
    expect([...new Set(own.flatMap(({ Action }) => listed(Action)))].sort(), fn).toEqual(
      [...new Set(expected)].sort(),
    );
    for (const table of ["Segments", "Counters", "Connections"]) {
      const allowed = own
        .filter(({ Resource }) => isTable(Resource, table))
        .flatMap(({ Action }) => listed(Action));
      expect([...new Set(allowed)].sort(), `${fn} on ${table}`).toEqual(dynamoDb(tables[table] ?? []));
    }
  }
});

test("the authorizer may look for a token and read nothing else of its table", () => {
  const [statement, ...more] = statements.filter(
    ({ policy, Resource }) => ownerOf(policy) === "RealtimeAuthorize" && isTable(Resource, "Counters"),
  );

  expect(more).toEqual([]);
  expect(statement).toMatchObject({
    Action: "dynamodb:GetItem",
    Condition: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [tokenPartition] } },
  });
});
