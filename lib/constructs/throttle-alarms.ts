import { Duration } from "aws-cdk-lib";
import { Stats } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import type { AlarmGroupProps } from "./ingest-alarms.ts";
import { OperatorAlarm } from "./operator-alarm.ts";

const often = { threshold: 0, breaching: [3, 5] } as const; // what is throttled once is repeated and passes
const sum = { statistic: Stats.SUM, period: Duration.minutes(1) };

/** Limits of the account, or of a table, that requests run into. */
export class ThrottleAlarms extends Construct {
  constructor(scope: Construct, id: string, { deployment, topic }: AlarmGroupProps) {
    super(scope, id);
    const { segments, counters, connections } = deployment;
    const tables = new Construct(this, "TableThrottles");
    for (const [name, table] of Object.entries({ segments, counters, connections })) {
      for (const kind of ["Read", "Write"]) {
        new OperatorAlarm(tables, `${name}${kind}`, {
          ...often,
          section: "table-throttles",
          meaning: `table ${name} throttles ${kind.toLowerCase()}s`,
          metric: table.metric(`${kind}ThrottleEvents`, sum),
          topic,
        });
      }
    }
    const functions = new Construct(this, "FunctionThrottles");
    for (const [service, { fn }] of deployment.functions) {
      new OperatorAlarm(functions, service, {
        ...often,
        section: "function-throttles",
        meaning: `Lambda does not start ${service}: the account's concurrency is used up`,
        metric: fn.metricThrottles(sum),
        topic,
      });
    }
  }
}
