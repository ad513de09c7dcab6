import { readFileSync } from "node:fs";
import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { addStacks } from "#lib/earworm.ts";
import { settingsFor } from "#lib/settings.ts";
import { recordedMetrics } from "#test/support/recorded-metrics.ts";
import { anApp, onlyOne, type Resource, resourcesOf, synthesize } from "./templates.ts";

const address = "oncall@example.com";
const { observability, all } = synthesize("prod", { alarmEmails: [address] });
const alarms = resourcesOf(all, "AWS::CloudWatch::Alarm");
const silent = synthesize("prod").observability;

const manual = readFileSync(`${import.meta.dirname}/../../docs/operations.md`, "utf8");
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");
/** The sections below "## Alarms", by their anchor. */
const sections = new Map(
  (/\n## Alarms\n(.*?)\n## /s.exec(manual)?.[1] ?? "")
    .split(/\n### /)
    .slice(1)
    .map((section) => [anchorOf(section.slice(0, section.indexOf("\n"))), section]),
);

const sectionOf = ({ Properties }: Resource): string =>
  /\(docs\/operations\.md#([\w-]+)\)$/.exec(String(Properties["AlarmDescription"]))?.[1] ?? "none";

interface Dimension {
  readonly Name: string;
  readonly Value: unknown;
}

/** The alarms on what handlers record. */
const onRecorded = alarms
  .map(([, { Properties }]) => Properties)
  .filter(({ Namespace }) => String(Namespace).startsWith("Earworm/"));

describe("the manual", () => {
  test("has a section for every alarm, which the alarm's message names", () => {
    for (const [id, alarm] of alarms) expect([...sections.keys()], id).toContain(sectionOf(alarm));
  });

  test("has no section for an alarm that does not exist, but for the cost's", () => {
    const named = new Set(alarms.map(([, alarm]) => sectionOf(alarm)));

    expect([...sections.keys()].filter((anchor) => !named.has(anchor))).toEqual(["cost-anomaly"]);
  });

  test("says of each what it means, where to look first and what to do", () => {
    for (const [anchor, section] of sections) {
      const parts = [...section.matchAll(/^\*\*(.+?)\.\*\*/gm)].map(([, part]) => part);
      expect(parts, anchor).toEqual(["Meaning", "First look", "Remedy"]);
    }
  });
});

test("the manual says what alarms and metrics cost", () => {
  const plain = resourcesOf(synthesize("prod").all, "AWS::CloudWatch::Alarm").length;
  const metrics = Object.values(recordedMetrics).flat().length;

  const dollars = (count: number, each: number) => `$${(count * each).toFixed(2)}`;
  expect(manual.replace(/\s+/g, " ")).toContain(
    `${plain} alarms at $0.10 are ${dollars(plain, 0.1)} (two more with \`webSocketAccess=token\`). ${metrics} metrics at $0.30 are ${dollars(metrics, 0.3)}`,
  );
});

describe("every alarm", () => {
  test("tells the topic when it goes off and when it is over", () => {
    const [topic] = Object.keys(observability.findResources("AWS::SNS::Topic"));

    for (const [id, { Properties }] of alarms)
      expect(Properties, id).toMatchObject({ AlarmActions: [{ Ref: topic }], OKActions: [{ Ref: topic }] });
  });

  test("tells nobody where there is no address, and then there is no topic", () => {
    silent.resourceCountIs("AWS::SNS::Topic", 0);
    silent.allResourcesProperties("AWS::CloudWatch::Alarm", { AlarmActions: Match.absent() });
  });

  test("on a figure of ours is on one that its function records", () => {
    expect(onRecorded.length).toBeGreaterThan(4);
    for (const { Namespace, MetricName, Dimensions } of onRecorded) {
      const [service, ...others] = Dimensions as Dimension[];
      expect(others).toEqual([]);
      expect(service?.Name).toBe("service");
      expect(recordedMetrics[String(service?.Value)], String(MetricName)).toContain(MetricName);
      expect(Namespace).toBe("Earworm/prod");
    }
  });

  test("has a sensible period", () => {
    for (const [id, { Properties }] of alarms) {
      const periods = id.startsWith("VerifyVerification")
        ? [settingsFor("prod").verifyHours * 3600]
        : [60, 300];
      expect(periods, id).toContain(Properties["Period"]);
    }
  });
});

test("a function's metrics carry its stage, so that stages in one account do not alarm for each other", () => {
  const functions = resourcesOf(synthesize("dev").all, "AWS::Lambda::Function");

  for (const [id, { Properties }] of functions)
    expect(Properties, id).toMatchObject({
      Environment: { Variables: { POWERTOOLS_METRICS_NAMESPACE: "Earworm/dev" } },
    });
});

/** The only alarm whose id starts so. */
function alarm(id: string): Resource["Properties"] {
  const [found, ...others] = alarms.filter(([candidate]) => candidate.startsWith(id));
  if (found === undefined || others.length > 0) throw new Error(`not exactly one alarm ${id}`);
  return found[1].Properties;
}

const ours = "Earworm/prod";

/** Statistic of the metric > threshold, for periods of so many seconds, in so many of the last ones. */
const watched: Readonly<Record<string, readonly [string, string, string, number, number, string, string?]>> =
  {
    IngestIteratorAge: ["AWS/Lambda", "IteratorAge", "Maximum", 60_000, 60, "2 of 2"],
    IngestConsumerErrors: ["AWS/Lambda", "Errors", "Sum", 0, 60, "3 of 5"],
    IngestRejects: [ours, "RejectExcess", "Sum", 20, 300, "1 of 1"],
    IngestArchiveAge: ["AWS/Lambda", "IteratorAge", "Maximum", 900_000, 300, "1 of 1"],
    IngestArchiverErrors: ["AWS/Lambda", "Errors", "Sum", 0, 300, "3 of 3"],
    IngestStreamThrottles: ["AWS/Kinesis", "WriteProvisionedThroughputExceeded", "Sum", 0, 60, "3 of 5"],
    WorkflowOpenEpoch: [ours, "OpenEpochAge", "Maximum", 600_000, 60, "5 of 5", "breaching"], // no figures: no runs
    WorkflowWaitingSegments: [ours, "WaitingSegmentsAge", "Maximum", 3_600_000, 300, "1 of 1"], // I4
    WorkflowWaitingProfiles: [ours, "ProfilesAge", "Maximum", 28_800_000, 300, "1 of 1"], // I4
    WorkflowWorkflowFailures: ["AWS/States", "ExecutionsFailed", "Sum", 0, 300, "2 of 3"],
    WorkflowWorkflowTimeouts: ["AWS/States", "ExecutionsTimedOut", "Sum", 0, 300, "2 of 3"],
    WorkflowCounterDrift: [ours, "CounterDrift", "Maximum", 0, 300, "1 of 1"],
    VerifyArchiveDrift: [ours, "CounterDrift", "Maximum", 0, 300, "1 of 1", "ignore"], // until the next comparison
    VerifyVerification: ["AWS/Lambda", "Errors", "Sum", 0, 86_400, "2 of 2", "breaching"], // no figures: no runs
    ApisBroadcastErrors: ["AWS/Lambda", "Errors", "Sum", 0, 300, "2 of 3"],
    ApisBroadcastFailures: [ours, "BroadcastFailed", "Sum", 10, 300, "3 of 3"],
    ApisDeadConnections: [ours, "BroadcastGoneExcess", "Sum", 20, 300, "2 of 3"],
    ApisHttpErrors: ["AWS/ApiGateway", "5xx", "Sum", 5, 300, "1 of 1"],
    ApisWebSocketErrors: ["AWS/Lambda", "Errors", "Sum", 5, 300, "1 of 1"],
    "ThrottlesTableThrottles\\w+Read": ["AWS/DynamoDB", "ReadThrottleEvents", "Sum", 0, 60, "3 of 5"],
    "ThrottlesTableThrottles\\w+Write": ["AWS/DynamoDB", "WriteThrottleEvents", "Sum", 0, 60, "3 of 5"],
    ThrottlesFunctionThrottles: ["AWS/Lambda", "Throttles", "Sum", 0, 60, "3 of 5"],
  };

test.each(Object.entries(watched))("%s goes off for %j", (id, expected) => {
  const [namespace, metric, statistic, threshold, period, periods, missing = "notBreaching"] = expected;
  const found = alarms.filter(([candidate]) => new RegExp(`^${id}`).test(candidate));

  expect(found).not.toEqual([]);
  for (const [, { Properties }] of found)
    expect(Properties).toMatchObject({
      Namespace: namespace,
      MetricName: metric,
      Statistic: statistic,
      ComparisonOperator: "GreaterThanThreshold",
      Threshold: threshold,
      Period: period,
      TreatMissingData: missing,
    });
  const counts = found.map(([, { Properties }]) => [
    Properties["DatapointsToAlarm"],
    Properties["EvaluationPeriods"],
  ]);
  expect(new Set(counts.map((each) => each.join(" of ")))).toEqual(new Set([periods]));
});

test("every alarm stands in the table above", () => {
  const known = Object.keys(watched).map((id) => new RegExp(`^${id}`));

  for (const [id] of alarms)
    expect(
      known.filter((each) => each.test(id)),
      id,
    ).toHaveLength(1);
});

test("an alarm on a function is on the one that it is about", () => {
  const dimension = (id: string) => JSON.stringify(alarm(id)["Dimensions"]);

  expect(dimension("IngestIteratorAge")).toContain("Consume");
  expect(dimension("IngestConsumerErrors")).toContain("Consume");
  expect(dimension("IngestArchiveAge")).toContain("ArchiverArchive");
  expect(dimension("IngestArchiverErrors")).toContain("ArchiverArchive");
  expect(dimension("ApisBroadcastErrors")).toContain("Broadcast");
  expect(dimension("VerifyVerification")).toContain("VerifierVerify");
});

test("where nothing is verified there is no function, no schedule and no alarm for it", () => {
  const { pipeline, all: templates } = synthesize("prod", { verifyHours: 0 });

  expect(JSON.stringify(templates.map((template) => template.toJSON()))).not.toMatch(/Verif(?:y|ier)/);
  pipeline.resourceCountIs("AWS::Events::Rule", 1);
});

test("an epoch may be open for longer than an execution and its lease may take", () => {
  const { leaseMs } = settingsFor("prod");

  expect(alarm("WorkflowOpenEpoch")["Threshold"]).toBeGreaterThan(leaseMs);
});

test("every table, and every function but the one that publishes the page, has an alarm on throttles", () => {
  const throttled = alarms.filter(([id]) => id.startsWith("Throttles")).map(([, alarm]) => sectionOf(alarm));
  const functions = resourcesOf(all, "AWS::Lambda::Function");

  expect(throttled.filter((section) => section === "table-throttles")).toHaveLength(6);
  expect(throttled.filter((section) => section === "function-throttles")).toHaveLength(functions.length - 1);
});

describe("the topic", () => {
  const policy = onlyOne(observability, "AWS::SNS::TopicPolicy")["PolicyDocument"] as {
    Statement: readonly Record<string, unknown>[];
  };

  test("mails every address", () => {
    expect(onlyOne(observability, "AWS::SNS::Subscription")).toMatchObject({
      Protocol: "email",
      Endpoint: address,
    });
  });

  test("takes what arrives over TLS only", () => {
    expect(policy.Statement).toContainEqual(
      expect.objectContaining({
        Effect: "Deny",
        Action: "sns:Publish",
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      }),
    );
  });

  test("takes alarms of this account from CloudWatch", () => {
    expect(policy.Statement).toContainEqual(
      expect.objectContaining({
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: "sns:Publish",
        Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
      }),
    );
  });
});

describe("the dashboard", () => {
  const body = JSON.stringify(onlyOne(observability, "AWS::CloudWatch::Dashboard")["DashboardBody"]);

  test("shows what the handlers record, by its own name", () => {
    // As text: names and dimensions stand in the pieces between references.
    const shown = [...body.matchAll(/\\"Earworm\/prod\\",\\"(\w+)\\",\\"service\\",\\"([\w-]+)\\"/g)];

    expect(shown.length).toBeGreaterThan(10);
    for (const [, metric, service = ""] of shown) expect(recordedMetrics[service], metric).toContain(metric);
  });

  test("shows every function and every table", () => {
    for (const name of ["segments", "counters", "connections", ...Object.keys(recordedMetrics)])
      expect(body).toContain(name);
  });
});

describe("the cost", () => {
  const billing = addStacks(
    anApp(),
    settingsFor("prod", { alarmEmails: [address], costAnomalyUsd: 5 }),
  ).billing;

  test("is watched only where the settings say from which amount on", () => {
    expect(addStacks(anApp(), settingsFor("prod")).billing).toBeUndefined();
  });

  test("of these stacks is watched, and told by mail from the amount on", () => {
    if (billing === undefined) throw new Error("no billing stack");
    const template = Template.fromStack(billing);
    const { MonitorSpecification } = onlyOne(template, "AWS::CE::AnomalyMonitor");
    const { ThresholdExpression, Subscribers } = onlyOne(template, "AWS::CE::AnomalySubscription");

    expect(JSON.parse(String(MonitorSpecification))).toMatchObject({
      Tags: {
        Values: ["State", "Realtime", "Pipeline", "Observability"].map((name) => `Earworm-prod-${name}`),
      },
    });
    expect(JSON.parse(String(ThresholdExpression))).toMatchObject({ Dimensions: { Values: ["5"] } });
    expect(Subscribers).toEqual([{ Type: "EMAIL", Address: address }]);
  });
});
