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
    for (const [id, { Properties }] of alarms) expect([60, 300], id).toContain(Properties["Period"]);
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

test("a consumer that is more than a minute behind raises an alarm", () => {
  expect(alarm("IngestIteratorAge")).toMatchObject({
    Namespace: "AWS/Lambda",
    MetricName: "IteratorAge",
    Statistic: "Maximum",
    Threshold: 60_000,
    ComparisonOperator: "GreaterThanThreshold",
    Dimensions: [{ Name: "FunctionName", Value: { "Fn::ImportValue": expect.stringMatching(/Consume/) } }],
  });
});

test("a workflow that does not run at all raises an alarm", () => {
  expect(alarm("WorkflowOpenEpoch")).toMatchObject({ TreatMissingData: "breaching", Threshold: 600_000 });
});

test("an epoch may be open for longer than an execution and its lease may take", () => {
  const { leaseMs } = settingsFor("prod");

  expect(alarm("WorkflowOpenEpoch")["Threshold"]).toBeGreaterThan(leaseMs);
});

test("a segment that waits for an hour raises an alarm (I4)", () => {
  expect(alarm("WorkflowWaitingSegments")).toMatchObject({ Threshold: 3_600_000, Statistic: "Maximum" });
});

test("a single play of drift raises an alarm", () => {
  expect(alarm("WorkflowCounterDrift")).toMatchObject({ Threshold: 0, EvaluationPeriods: 1 });
});

test("every table and every function has an alarm on throttles", () => {
  const throttled = alarms.filter(([id]) => id.startsWith("Throttles")).map(([, alarm]) => sectionOf(alarm));
  const functions = resourcesOf(all, "AWS::Lambda::Function");

  expect(throttled.filter((section) => section === "table-throttles")).toHaveLength(6);
  expect(throttled.filter((section) => section === "function-throttles")).toHaveLength(functions.length);
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
