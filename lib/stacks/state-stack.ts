import { CfnOutput, RemovalPolicy, Stack } from "aws-cdk-lib";
import { type ITable, StreamViewType } from "aws-cdk-lib/aws-dynamodb";
import type { IStream } from "aws-cdk-lib/aws-kinesis";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { PlaysArchive } from "../constructs/plays-archive.ts";
import { PlaysStream } from "../constructs/plays-stream.ts";
import { StoreTable } from "../constructs/store-table.ts";
import type { Settings } from "../settings.ts";

export interface StateStackProps {
  readonly settings: Settings;
}

/** What must outlive any deployment: the plays as they arrived, the segments made of them, the totals and the archive. */
export class StateStack extends Stack {
  readonly plays: IStream;
  readonly segments: ITable;
  readonly counters: ITable;
  readonly archive: IBucket;

  constructor(scope: Construct, id: string, { settings }: StateStackProps) {
    const { removalPolicy } = settings;
    super(scope, id, {
      description: "Earworm: the plays stream, the segments, the totals and the archive",
      terminationProtection: removalPolicy === RemovalPolicy.RETAIN,
    });
    this.plays = new PlaysStream(this, "Plays", { settings });
    this.segments = new StoreTable(this, "Segments", {
      removalPolicy,
      expires: true,
      stream: StreamViewType.KEYS_ONLY, // it only says that there is work; a segment may be 256 KB
    });
    this.counters = new StoreTable(this, "Counters", { removalPolicy });
    this.archive = new PlaysArchive(this, "Archive", { settings });
    new CfnOutput(this, "StreamName", { value: this.plays.streamName });
    new CfnOutput(this, "SegmentsTableName", { value: this.segments.tableName });
    new CfnOutput(this, "CountersTableName", { value: this.counters.tableName });
    new CfnOutput(this, "ArchiveBucketName", { value: this.archive.bucketName });
    new CfnOutput(this, "DedupeHorizonMs", { value: String(settings.dedupeHorizonMs) });
  }
}
