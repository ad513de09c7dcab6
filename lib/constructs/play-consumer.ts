import { Duration } from "aws-cdk-lib";
import { type Alarm, ComparisonOperator, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IStream } from "aws-cdk-lib/aws-kinesis";
import { type CfnEventSourceMapping, EventSourceMapping, StartingPosition } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { consumeEnv } from "#functions/mapreduce/env.ts";
import type { Settings } from "../settings.ts";
import { StageFunction } from "./stage-function.ts";

export interface PlayConsumerProps {
  readonly settings: Settings;
  readonly plays: IStream;
  readonly segments: ITable;
}

/** Reads the plays stream into segments: in order, exactly once, and never past a play it could not store. */
export class PlayConsumer extends Construct {
  readonly iteratorAgeAlarm: Alarm;

  constructor(scope: Construct, id: string, { settings, plays, segments }: PlayConsumerProps) {
    super(scope, id);
    const consume = new StageFunction(this, "Consume", {
      entry: "mapreduce/consume-index.ts",
      envSpec: consumeEnv,
      env: {
        SEGMENTS_TABLE: segments.tableName,
        DEDUPE_HORIZON_MS: String(settings.dedupeHorizonMs),
        SEGMENT_RETENTION_MS: String(Duration.days(settings.segmentRetentionDays).toMilliseconds()),
      },
      settings,
      work: "heavy",
      timeout: Duration.seconds(60),
    });
    // Each action the transactions of parts and heads, and the reading of what was committed, need.
    segments.grant(consume, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem");
    plays.grantRead(consume); // includes ListShards, from which it learns a shard's ancestors

    const mapping = new EventSourceMapping(this, "Mapping", {
      target: consume.fn,
      eventSourceArn: plays.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: settings.consumerBatchSize,
      maxBatchingWindow: Duration.seconds(settings.consumerWindowSeconds),
      parallelizationFactor: 1, // more would break the order within a shard: scale with shards
      retryAttempts: -1,
      // A bad record is a reject and never fails a batch; what fails is the store, the memory or the time limit. For the
      // last two only a smaller batch gets on, and cutting it anywhere is safe because the head says what is done. While
      // the store is down it costs one more invocation per halving, 14 for a full batch, and no retries.
      bisectBatchOnError: true,
      reportBatchItemFailures: false, // a batch is applied as one unit
    });
    // Duration cannot say "until the stream's own retention"; written out so that no default can change it.
    (mapping.node.defaultChild as CfnEventSourceMapping).maximumRecordAgeInSeconds = -1;

    this.iteratorAgeAlarm = consume.fn
      .metric("IteratorAge", { statistic: Stats.MAXIMUM, period: Duration.minutes(1) })
      .createAlarm(this, "IteratorAgeAlarm", {
        alarmDescription:
          "plays wait longer than a minute to be consumed; they are lost when the stream's retention ends",
        threshold: 60_000,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: 2,
        treatMissingData: TreatMissingData.NOT_BREACHING, // a silent stream invokes nothing
      });
  }
}
