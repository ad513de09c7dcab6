import { Duration } from "aws-cdk-lib";
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
    // What is in the transactions of segment and head, and reads what was committed.
    segments.grant(consume, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem");
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
  }
}
