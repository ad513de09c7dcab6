import { RemovalPolicy } from "aws-cdk-lib";
import { expect, test } from "vitest";
import { settingsFor, settingsFromContext } from "#lib/settings.ts";
import { deployedDefaults } from "../../bench/cost/deployed-defaults.ts";

test("prod keeps its data and dev lets it go", () => {
  expect(settingsFor("prod").removalPolicy).toBe(RemovalPolicy.RETAIN);
  expect(settingsFor("dev").removalPolicy).toBe(RemovalPolicy.DESTROY);
});

test("both stages have the same tick, horizon and epoch", () => {
  const shared = { tickSeconds: 5, dedupeHorizonMs: 600_000, maxEpochPlays: 960_000, shards: "on-demand" };

  expect(settingsFor("dev")).toMatchObject(shared);
  expect(settingsFor("prod")).toMatchObject(shared);
});

test.each(["qa", "", "toString", 7])("an unknown stage %j is named, with those there are", (stage) => {
  expect(() => settingsFor(stage)).toThrow(
    `invalid settings: stage must be one of dev, prod, large-fleet, e2e, got ${JSON.stringify(stage)}`,
  );
});

test.each([
  [{ tickSeconds: 0 }, "tickSeconds must be an integer from 1 to 60, got 0"],
  [{ tickSeconds: 2.5 }, "tickSeconds must be an integer from 1 to 60, got 2.5"],
  [{ shards: 0 }, 'shards must be "on-demand" or an integer from 1 to 10000, got 0'],
  [{ streamRetentionHours: 12 }, "streamRetentionHours must be an integer from 24 to 8760, got 12"],
  [{ consumerBatchSize: 10_001 }, "consumerBatchSize must be an integer from 1 to 10000, got 10001"],
  [{ playsPerWorker: 0 }, "playsPerWorker must be an integer from 1 to 1000000, got 0"],
  [{ maxWorkers: 4 }, "maxEpochPlays must be at most 240000 where maxWorkers is 4, got 960000"],
  [{ maxWorkers: 41 }, "maxWorkers must be an integer from 1 to 40, got 41"],
  [{ archiveSeconds: 301 }, "archiveSeconds must be an integer from 1 to 300, got 301"],
  [{ verifyHours: 25 }, "verifyHours must be an integer from 0 to 24, got 25"],
  [{ verifyMemoryMb: 64 }, "verifyMemoryMb must be an integer from 128 to 10240, got 64"],
  [{ archiveDays: 30 }, "verifyDays must be an integer from 1 to 28 where archiveDays is 30, got 0"],
  [{ archiveDays: 30, verifyDays: 29 }, "verifyDays must be an integer from 1 to 28 where archiveDays is 30"],
  [{ archiveDays: -1 }, "archiveDays must be an integer from 0 to 36500, got -1"],
  [{ consumerWindowSeconds: 0 }, "consumerWindowSeconds must be an integer from 1 to 300, got 0"],
  [{ logRetention: 4 }, "logRetention must be one of 1, 3, 5,"],
  [{ alarmEmails: ["nobody"] }, 'alarmEmails must be a list of e-mail addresses, got ["nobody"]'],
  [
    { allowedOrigins: ["example.com"] },
    "allowedOrigins must be a list of origins such as https://example.com",
  ],
  [{ allowedOrigins: ["*", "https://a.example"] }, 'allowedOrigins must be "*" alone'],
  [{ dashboard: "s3" as "none" }, 'dashboard must be one of cloudfront, none, got "s3"'],
  [{ costAnomalyUsd: 5 }, "costAnomalyUsd needs an address in alarmEmails"],
  [{ executeApiEndpoint: "http://x/" }, 'executeApiEndpoint must be "aws" or an http(s) address'],
  [{ heavyMemoryMb: 64 }, "heavyMemoryMb must be an integer from 128 to 10240, got 64"],
  [
    { dedupeHorizonMs: 86_400_000, segmentRetentionDays: 1 },
    "dedupeHorizonMs must be shorter than segmentRetentionDays (1), got 86400000",
  ],
])("%j is refused by name and value", (overrides, message) => {
  expect(() => settingsFor("dev", overrides)).toThrow(message);
});

test("one error names every bad setting", () => {
  expect(() => settingsFor("dev", { tickSeconds: 0, leaseMs: -1 })).toThrow(
    /tickSeconds .* got 0; leaseMs .* got -1/,
  );
});

test.each([
  { archiveDays: 30, verifyDays: 28 },
  { archiveDays: 3, verifyDays: 1 },
  { archiveDays: 1, verifyHours: 0 },
  { archiveDays: 0, verifyDays: 365 },
])("%j is taken: what is compared is in the archive", (overrides) => {
  expect(settingsFor("prod", overrides)).toMatchObject(overrides);
});

test("every stage has settings that hold", () => {
  for (const stage of ["dev", "prod", "large-fleet", "e2e"])
    expect(settingsFor(stage).stage, stage).toBe(stage);
});

test("the command line's context overrides any setting, as text", () => {
  const context = {
    stage: "prod",
    tickSeconds: "2",
    shards: "4",
    removalPolicy: "destroy",
    logRetention: "30",
    alarmEmails: "a@example.com, b@example.com",
    executeApiEndpoint: "http://127.0.0.1:4566/_aws/execute-api",
    "aws:cdk:bundling-stacks": [],
    "cli-telemetry": false,
  };

  expect(settingsFromContext(context)).toMatchObject({
    stage: "prod",
    tickSeconds: 2,
    shards: 4,
    removalPolicy: RemovalPolicy.DESTROY,
    logRetention: 30,
    alarmEmails: ["a@example.com", "b@example.com"],
    executeApiEndpoint: "http://127.0.0.1:4566/_aws/execute-api",
    leaseMs: 300_000,
  });
  expect(settingsFromContext({}).stage).toBe("dev");
});

test.each([
  [{ tickSecond: "2" }, "there is no setting tickSecond; there are stage, tickSeconds, profileTickSeconds,"],
  [{ tickSeconds: "two" }, 'tickSeconds must be an integer from 1 to 60, got "two"'],
  [{ shards: "0" }, 'shards must be "on-demand" or an integer from 1 to 10000, got 0'],
  [{ removalPolicy: "keep" }, 'removalPolicy must be one of retain, destroy, got "keep"'],
])("%j on the command line is refused by name and value", (context, message) => {
  expect(() => settingsFromContext(context)).toThrow(message);
});

test("what docs/cost.md counts with is what prod deploys", () => {
  const { heavyMemoryMb, lightMemoryMb, maxWorkerPlays, segmentRetentionDays, streamRetentionHours } =
    settingsFor("prod");

  expect(deployedDefaults).toMatchObject({
    heavyMemoryMb,
    lightMemoryMb,
    maxWorkerPlays,
    segmentRetentionDays,
  });
  expect(deployedDefaults.streamRetentionDays).toBe(streamRetentionHours / 24);
});
