import { Duration } from "aws-cdk-lib";
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  MathExpression,
  PeriodOverride,
  Stats,
  TextWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { type Deployment, functionOf } from "./deployment.ts";

export interface OperationsDashboardProps {
  readonly deployment: Deployment;
  /** Shown at the top, by their state. */
  readonly alarms: readonly IAlarm[];
}

const period = Duration.minutes(1);
const sum = (label: string) => ({ statistic: Stats.SUM, period, label });
const most = (label: string) => ({ statistic: Stats.MAXIMUM, period, label });
const p99 = (label: string) => ({ statistic: Stats.percentile(99), period, label });

/** A row of graphs as wide as the page. */
const row = (
  ...graphs: readonly [title: string, left: readonly IMetric[], right?: readonly IMetric[]][]
): IWidget[] =>
  graphs.map(
    ([title, left, right]) =>
      new GraphWidget({
        title,
        left: [...left],
        right: [...(right ?? [])],
        width: Math.floor(24 / graphs.length),
        height: 6,
      }),
  );
const heading = (text: string): IWidget[] => [
  new TextWidget({ markdown: `## ${text}`, width: 24, height: 1 }),
];

/** What an operator looks at first, in the order in which plays travel. docs/operations.md explains it. */
export class OperationsDashboard extends Dashboard {
  constructor(scope: Construct, id: string, { deployment, alarms }: OperationsDashboardProps) {
    super(scope, id, {
      defaultInterval: Duration.hours(3),
      periodOverride: PeriodOverride.INHERIT, // a rate per second is wrong for any other period than its own
      widgets: [
        [new AlarmStatusWidget({ title: "Alarms", alarms: [...alarms], width: 24, height: 4 })],
        heading("Ingest"),
        ingest(deployment),
        heading("Archive"),
        archive(deployment),
        heading("Workflow"),
        workflow(deployment),
        heading("Stores"),
        stores(deployment),
        heading("Push and APIs"),
        apis(deployment),
        heading("Functions"),
        functions(deployment),
      ],
    });
  }
}

function ingest(deployment: Deployment): IWidget[] {
  const consume = functionOf(deployment, "mapreduce-consume");
  const plays = consume.recorded("Plays", sum("plays"));
  const perSecond = new MathExpression({
    expression: "plays / PERIOD(plays)",
    usingMetrics: { plays },
    period,
    label: "plays/s",
  });
  return row(
    ["Plays counted", [perSecond]],
    [
      "Duplicates and rejects",
      [consume.recorded("Duplicates", sum("duplicates")), consume.recorded("Rejects", sum("rejects"))],
    ],
    [
      "How long plays wait for the consumer, ms",
      [consume.fn.metric("IteratorAge", most("iterator age"))],
      [consume.recorded("ConsumeTime", most("one batch"))],
    ],
    [
      "Stream",
      [
        deployment.plays.metricIncomingRecords(sum("records in")),
        deployment.plays.metricWriteProvisionedThroughputExceeded(sum("records refused")),
      ],
    ],
  );
}

function archive(deployment: Deployment): IWidget[] {
  const archiver = functionOf(deployment, "archive");
  return row(
    [
      "Records archived",
      [
        deployment.plays.metricIncomingRecords(sum("records in")),
        archiver.recorded("ArchivedRecords", sum("records archived")),
      ],
    ],
    ["How long records wait for the archiver, ms", [archiver.fn.metric("IteratorAge", most("iterator age"))]],
    [
      "Archiver",
      [archiver.fn.metricInvocations(sum("batches")), archiver.fn.metricErrors(sum("errors"))],
      [archiver.fn.metricDuration(p99("one batch, ms"))],
    ],
  );
}

function workflow(deployment: Deployment): IWidget[] {
  const { stateMachine } = deployment;
  const plan = functionOf(deployment, "mapreduce-plan");
  const commit = functionOf(deployment, "mapreduce-commit");
  const verify = deployment.functions.get("verify"); // none where the settings say never
  return row(
    [
      "Runs",
      [
        stateMachine.metricStarted(sum("started")),
        commit.recorded("Epochs", sum("epochs committed")),
        stateMachine.metricFailed(sum("failed")),
        stateMachine.metricTimedOut(sum("timed out")),
      ],
    ],
    [
      "Epochs, ms",
      [commit.recorded("EpochDelay", p99("delay, p99")), plan.recorded("OpenEpochAge", most("open for"))],
      [
        plan.recorded("WaitingSegmentsAge", most("oldest waiting segment")),
        plan.recorded("ProfilesAge", most("profiles behind")),
      ],
    ],
    [
      "Waiting plays, and drift",
      [commit.recorded("WaitingPlays", most("waiting plays"))],
      [
        commit.recorded("CounterDrift", most("drift from the segments")),
        ...(verify === undefined ? [] : [verify.recorded("CounterDrift", most("drift from the archive"))]),
      ],
    ],
    [
      "Stages, ms (p99)",
      [
        functionOf(deployment, "mapreduce-reduce").recorded("MapReduceTime", p99("MapReduce")),
        functionOf(deployment, "mapreduce-charts").recorded("ChartsTime", p99("Charts")),
        functionOf(deployment, "user-behavior").recorded("UserBehaviorTime", p99("UserBehavior")),
        functionOf(deployment, "recommendation").recorded("RecommendationTime", p99("Recommendation")),
      ],
    ],
  );
}

function stores(deployment: Deployment): IWidget[] {
  const { segments, counters, connections } = deployment;
  const tables = Object.entries({ segments, counters, connections });
  const plays = functionOf(deployment, "mapreduce-consume").recorded("Plays", sum("plays"));
  const writes = Object.fromEntries(
    tables.map(([name, table]) => [name, table.metricConsumedWriteCapacityUnits(sum(name))]),
  );
  return row(
    ["Write units", Object.values(writes)],
    ["Read units", tables.map(([name, table]) => table.metricConsumedReadCapacityUnits(sum(name)))],
    [
      "Throttled",
      tables.flatMap(([name, table]) => [
        table.metric("ReadThrottleEvents", sum(`${name} reads`)),
        table.metric("WriteThrottleEvents", sum(`${name} writes`)),
      ]),
    ],
    [
      "What a play costs: write units",
      [
        new MathExpression({
          expression: "(segments + counters) / plays",
          usingMetrics: { ...writes, plays },
          period,
          label: "write units per play",
        }),
      ],
    ],
  );
}

function apis(deployment: Deployment): IWidget[] {
  const { httpApi, webSocket } = deployment;
  const broadcast = functionOf(deployment, "ws-broadcast-broadcast");
  return row(
    [
      "Messages",
      [
        broadcast.recorded("BroadcastMessages", sum("sent")),
        broadcast.recorded("BroadcastGone", sum("gone")),
        broadcast.recorded("BroadcastFailed", sum("failed")),
      ],
    ],
    [
      "WebSocket clients",
      [webSocket.metric("ConnectCount", sum("connected")), webSocket.metric("MessageCount", sum("messages"))],
      [
        webSocket.metric("ExecutionError", sum("execution errors")),
        webSocket.metric("IntegrationError", sum("integration errors")),
      ],
    ],
    [
      "HTTP requests",
      [httpApi.metricCount(sum("requests"))],
      [httpApi.metricClientError(sum("4xx")), httpApi.metricServerError(sum("5xx"))],
    ],
    ["HTTP latency, ms", [httpApi.metricLatency(p99("p99"))]],
  );
}

function functions(deployment: Deployment): IWidget[] {
  const all = [...deployment.functions];
  return row(
    ["Errors", all.map(([service, { fn }]) => fn.metricErrors(sum(service)))],
    ["Duration, p99, ms", all.map(([service, { fn }]) => fn.metricDuration(p99(service)))],
    ["At the same time", all.map(([service, { fn }]) => fn.metric("ConcurrentExecutions", most(service)))],
  );
}
