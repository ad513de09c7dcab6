import { Duration } from "aws-cdk-lib";
import { Stats } from "aws-cdk-lib/aws-cloudwatch";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { type Deployment, functionOf } from "./deployment.ts";
import { OperatorAlarm } from "./operator-alarm.ts";

export interface AlarmGroupProps {
  readonly deployment: Deployment;
  /** Who is told. @default nobody */
  readonly topic?: ITopic | undefined;
}

const minute = Duration.minutes(1);
const fiveMinutes = Duration.minutes(5);

/** What can go wrong between a producer and a segment, or the archive. */
export class IngestAlarms extends Construct {
  constructor(scope: Construct, id: string, { deployment, topic }: AlarmGroupProps) {
    super(scope, id);
    const consume = functionOf(deployment, "mapreduce-consume");
    new OperatorAlarm(this, "IteratorAge", {
      section: "iterator-age",
      meaning:
        "plays wait longer than a minute to be consumed; they are lost when the stream's retention ends",
      metric: consume.fn.metric("IteratorAge", { statistic: Stats.MAXIMUM, period: minute }),
      threshold: 60_000,
      breaching: [2, 2], // a silent stream invokes nothing and has no age
      topic,
    });
    new OperatorAlarm(this, "ConsumerErrors", {
      section: "consumer-errors",
      meaning: "the consumer fails, and its batch comes again until it works",
      metric: consume.fn.metricErrors({ statistic: Stats.SUM, period: minute }),
      threshold: 0,
      breaching: [3, 5], // a single failure is repeated at once and passes
      topic,
    });
    new OperatorAlarm(this, "Rejects", {
      section: "rejects",
      meaning: "more than 5 % of the records are no plays",
      metric: consume.recorded("RejectExcess", { statistic: Stats.SUM, period: fiveMinutes }),
      threshold: 20, // rejects beyond the 5 %: one bad record of two is none of an operator's business
      topic,
    });
    const archiver = functionOf(deployment, "archive");
    new OperatorAlarm(this, "ArchiveAge", {
      section: "archive-age",
      meaning:
        "plays wait longer than 15 minutes to be archived; the archive lacks them when the stream's retention ends",
      metric: archiver.fn.metric("IteratorAge", { statistic: Stats.MAXIMUM, period: fiveMinutes }),
      threshold: 900_000, // the batching window is 5 minutes at most
      topic,
    });
    new OperatorAlarm(this, "ArchiverErrors", {
      section: "archiver-errors",
      meaning: "the archiver fails, and its batch comes again until it works",
      metric: archiver.fn.metricErrors({ statistic: Stats.SUM, period: fiveMinutes }),
      threshold: 0,
      breaching: [3, 3], // it runs once a minute, and a single failure is repeated at once and passes
      topic,
    });
    new OperatorAlarm(this, "StreamThrottles", {
      section: "stream-throttles",
      meaning: "the stream refuses records, and a producer that does not repeat them loses plays",
      metric: deployment.plays.metricWriteProvisionedThroughputExceeded({
        statistic: Stats.SUM,
        period: minute,
      }),
      threshold: 0,
      breaching: [3, 5],
      topic,
    });
  }
}
