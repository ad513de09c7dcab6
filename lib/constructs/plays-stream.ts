import { Duration } from "aws-cdk-lib";
import { Stream, StreamEncryption, StreamMode } from "aws-cdk-lib/aws-kinesis";
import type { Construct } from "constructs";
import type { Settings } from "../settings.ts";

export interface PlaysStreamProps {
  readonly settings: Settings;
}

/** Where plays arrive: put-record from anywhere, one order per partition key. */
export class PlaysStream extends Stream {
  constructor(scope: Construct, id: string, { settings }: PlaysStreamProps) {
    super(scope, id, {
      ...(settings.shards === "on-demand"
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount: settings.shards }),
      retentionPeriod: Duration.hours(settings.streamRetentionHours),
      encryption: StreamEncryption.MANAGED,
      removalPolicy: settings.removalPolicy,
    });
  }
}
