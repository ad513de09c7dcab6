import { Duration } from "aws-cdk-lib";
import { Stats } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import { functionOf } from "./deployment.ts";
import type { AlarmGroupProps } from "./ingest-alarms.ts";
import { OperatorAlarm } from "./operator-alarm.ts";

const period = Duration.minutes(5);

/** What can go wrong between a chart and whoever looks at it. */
export class ApiAlarms extends Construct {
  constructor(scope: Construct, id: string, { deployment, topic }: AlarmGroupProps) {
    super(scope, id);
    const broadcast = functionOf(deployment, "ws-broadcast-broadcast");
    new OperatorAlarm(this, "BroadcastErrors", {
      section: "broadcast-errors",
      meaning: "what epochs changed is not broadcast; the workflow goes on without",
      metric: broadcast.fn.metricErrors({ statistic: Stats.SUM, period }),
      threshold: 0,
      breaching: [2, 3],
      topic,
    });
    new OperatorAlarm(this, "BroadcastFailures", {
      section: "broadcast-failures",
      meaning: "messages to WebSocket clients fail",
      metric: broadcast.recorded("BroadcastFailed", { statistic: Stats.SUM, period }),
      threshold: 10,
      breaching: [3, 3],
      topic,
    });
    new OperatorAlarm(this, "DeadConnections", {
      section: "dead-connections",
      meaning: "more than 20 % of the connections that a broadcast knows are gone",
      metric: broadcast.recorded("BroadcastGoneExcess", { statistic: Stats.SUM, period }),
      threshold: 20, // beyond the 20 %: one closed page of two is nothing
      breaching: [2, 3],
      topic,
    });
    new OperatorAlarm(this, "HttpErrors", {
      section: "http-errors",
      meaning: "the HTTP API answers 5xx",
      metric: deployment.httpApi.metricServerError({ statistic: Stats.SUM, period }),
      threshold: 5,
      topic,
    });
    const routes = new Construct(this, "WebSocketErrors");
    for (const [service, { fn }] of deployment.functions) {
      if (!service.startsWith("ws-broadcast-") || service === broadcast.service) continue;
      new OperatorAlarm(routes, service, {
        section: "websocket-errors",
        meaning: `${service} fails, and clients cannot connect or subscribe`,
        metric: fn.metricErrors({ statistic: Stats.SUM, period }),
        threshold: 5,
        topic,
      });
    }
  }
}
