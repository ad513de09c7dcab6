import { Duration } from "aws-cdk-lib";
import { Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import { functionOf } from "./deployment.ts";
import type { AlarmGroupProps } from "./ingest-alarms.ts";
import { OperatorAlarm } from "./operator-alarm.ts";

const minute = Duration.minutes(1);
const fiveMinutes = Duration.minutes(5);

/** What can go wrong between a segment and a chart. */
export class WorkflowAlarms extends Construct {
  constructor(scope: Construct, id: string, { deployment, topic }: AlarmGroupProps) {
    super(scope, id);
    const { stateMachine } = deployment;
    const plan = functionOf(deployment, "mapreduce-plan");
    const commit = functionOf(deployment, "mapreduce-commit");
    new OperatorAlarm(this, "OpenEpoch", {
      section: "open-epoch",
      meaning: "an epoch is open for more than 10 minutes, or the workflow does not run at all",
      metric: plan.recorded("OpenEpochAge", { statistic: Stats.MAXIMUM, period: minute }),
      threshold: Duration.minutes(10).toMilliseconds(), // twice what an execution and its lease may take
      breaching: [5, 5],
      missing: TreatMissingData.BREACHING, // the schedule runs plan once a minute, whatever happens
      topic,
    });
    new OperatorAlarm(this, "WaitingSegments", {
      section: "waiting-segments",
      meaning: "a segment waits for more than an hour to be counted; TTL deletes segments after days",
      metric: plan.recorded("WaitingSegmentsAge", { statistic: Stats.MAXIMUM, period: fiveMinutes }),
      threshold: Duration.hours(1).toMilliseconds(),
      topic,
    });
    new OperatorAlarm(this, "WaitingProfiles", {
      section: "waiting-profiles",
      meaning:
        "listeners' profiles lack plays for more than 8 hours; TTL deletes the segments that hold these after days",
      metric: plan.recorded("ProfilesAge", { statistic: Stats.MAXIMUM, period: fiveMinutes }),
      threshold: Duration.hours(8).toMilliseconds(), // profileTickSeconds is 6 h at most
      topic,
    });
    // An Express execution cannot be aborted, so that these two are all ways it fails.
    new OperatorAlarm(this, "WorkflowFailures", {
      section: "workflow-failures",
      meaning: "executions of the workflow fail; the next one resumes the epoch",
      metric: stateMachine.metricFailed({ statistic: Stats.SUM, period: fiveMinutes }),
      threshold: 0,
      breaching: [2, 3], // one failure is resumed within a minute
      topic,
    });
    new OperatorAlarm(this, "WorkflowTimeouts", {
      section: "workflow-timeouts",
      meaning: "executions of the workflow are cut off after 5 minutes",
      metric: stateMachine.metricTimedOut({ statistic: Stats.SUM, period: fiveMinutes }),
      threshold: 0,
      breaching: [2, 3],
      topic,
    });
    new OperatorAlarm(this, "CounterDrift", {
      section: "counter-drift",
      meaning: "the totals are not what the consumer put into segments",
      metric: commit.recorded("CounterDrift", { statistic: Stats.MAXIMUM, period: fiveMinutes }),
      threshold: 0,
      topic,
    });
  }
}
