import { Duration } from "aws-cdk-lib";
import { Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import type { Settings } from "../settings.ts";
import { functionOf } from "./deployment.ts";
import type { AlarmGroupProps } from "./ingest-alarms.ts";
import { OperatorAlarm } from "./operator-alarm.ts";

export interface VerifyAlarmsProps extends AlarmGroupProps {
  readonly settings: Settings;
}

/** What the comparison with the archive may tell, or that it does not take place. */
export class VerifyAlarms extends Construct {
  constructor(scope: Construct, id: string, { settings, deployment, topic }: VerifyAlarmsProps) {
    super(scope, id);
    const verify = functionOf(deployment, "verify");
    new OperatorAlarm(this, "ArchiveDrift", {
      section: "archive-drift",
      meaning: "the totals are not what a recount of the archive gives",
      metric: verify.recorded("CounterDrift", { statistic: Stats.MAXIMUM, period: Duration.minutes(5) }),
      threshold: 0,
      missing: TreatMissingData.IGNORE, // as the last comparison said, until the next
      topic,
    });
    new OperatorAlarm(this, "Verification", {
      section: "verification",
      meaning: "the totals have not been compared with the archive for two periods: it fails or does not run",
      metric: verify.fn.metricErrors({
        statistic: Stats.SUM,
        period: Duration.hours(settings.verifyHours),
      }),
      threshold: 0,
      breaching: [2, 2], // Lambda repeats a failed invocation twice
      missing: TreatMissingData.BREACHING, // it has not been invoked at all
      topic,
    });
  }
}
