import { App, Stack } from "aws-cdk-lib";
import { expect, test } from "vitest";
import { apiEnv } from "#functions/api/env.ts";
import {
  commitEnv,
  consumeEnv,
  planEnv,
  reduceEnv,
  releaseEnv,
  triggerEnv,
} from "#functions/mapreduce/env.ts";
import { recommendationEnv } from "#functions/recommendation/env.ts";
import { userBehaviorEnv } from "#functions/user-behavior/env.ts";
import { broadcastEnv, connectionEnv, subscribeEnv } from "#functions/ws-broadcast/env.ts";
import { StageFunction } from "#lib/constructs/stage-function.ts";
import { settingsFor } from "#lib/settings.ts";
import { type EnvSpec, parseEnv } from "#src/config/env.ts";
import { environments, listed, resourcesOf, type Statement, statementsOf, synthesize } from "./templates.ts";

const { all, realtime, pipeline } = synthesize("prod");

const specs: Readonly<Record<string, EnvSpec>> = {
  api: apiEnv,
  "mapreduce-commit": commitEnv,
  "mapreduce-consume": consumeEnv,
  "mapreduce-plan": planEnv,
  "mapreduce-reduce": reduceEnv,
  "mapreduce-release": releaseEnv,
  "mapreduce-trigger": triggerEnv,
  recommendation: recommendationEnv,
  "user-behavior": userBehaviorEnv,
  "ws-broadcast-broadcast": broadcastEnv,
  "ws-broadcast-connect": connectionEnv,
  "ws-broadcast-disconnect": connectionEnv,
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

/** The ids of the policies that allow one of the actions on a resource whose reference contains the text. */
const policiesAllowing = (actions: readonly string[], on: string): string[] =>
  statements
    .filter(({ Action }) => listed(Action).some((action) => actions.includes(action)))
    .filter(({ Resource }) => JSON.stringify(Resource).includes(on))
    .map(({ policy }) => policy.replace(/RoleDefaultPolicy.*/, ""))
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

test("only the workflow's stages write totals", () => {
  expect(policiesAllowing(writes, "Counters")).toEqual([
    "Commit",
    "Plan",
    "Recommendation",
    "Reduce",
    "Release",
    "UserBehavior",
  ]);
});

test("only the consumer reads the plays stream and only the API writes to it", () => {
  expect(policiesAllowing(["kinesis:GetRecords"], "Plays")).toEqual(["ConsumerConsume"]);
  expect(policiesAllowing(["kinesis:PutRecord", "kinesis:PutRecords"], "Plays")).toEqual(["HttpFunction"]);
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

/** The requests that each function's adapters send, by table (src/adapters/dynamodb); without one of them it fails. */
const requests: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  Consume: { Segments: ["GetItem", "Query", "PutItem", "UpdateItem"] },
  Plan: { Segments: ["Query"], Counters: ["GetItem", "Query", "PutItem", "DeleteItem"] },
  Reduce: { Segments: ["Query"], Counters: ["GetItem", "PutItem", "UpdateItem", "DeleteItem"] },
  UserBehavior: {
    Segments: ["Query"],
    Counters: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"],
  },
  Recommendation: { Counters: ["GetItem", "PutItem", "UpdateItem", "DeleteItem"] },
  Commit: { Segments: ["Query"], Counters: ["GetItem", "UpdateItem", "DeleteItem"] },
  Release: { Counters: ["DeleteItem"] },
  RealtimeConnect: { Connections: ["PutItem"] },
  RealtimeDisconnect: { Connections: ["Query", "DeleteItem"] },
  RealtimeSubscribe: { Connections: ["Query", "PutItem", "DeleteItem"], Counters: ["GetItem", "Query"] },
  RealtimeBroadcast: { Connections: ["Query", "DeleteItem"], Counters: ["GetItem"] },
  HttpFunction: { Segments: ["Query"], Counters: ["GetItem", "Query", "BatchGetItem"] },
};

test("every function may send what its adapters send", () => {
  for (const [fn, tables] of Object.entries(requests))
    for (const [table, actions] of Object.entries(tables))
      for (const action of actions) {
        const allowed = policiesAllowing([`dynamodb:${action}`], table);
        expect(
          allowed.map((id) => id.replace(/^Consumer/, "")),
          `${action} on ${table}`,
        ).toContain(fn);
      }
});
