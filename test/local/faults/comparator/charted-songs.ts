import type { KinesisStreamRecord } from "aws-lambda";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { type EpochMs, judge } from "#src/domain/play.ts";
import { expandRecord } from "#src/wire/play-record.ts";

/** What the stream's clock may step back: no valid play is to be taken for one from the future. */
const toleranceMs = 86_400_000;

/** The songs of a record's plays that count; what is no play is skipped, so that it blocks nothing. */
export function chartedSongs({ kinesis }: KinesisStreamRecord): readonly string[] {
  const record = {
    sequenceNumber: kinesis.sequenceNumber,
    data: Buffer.from(kinesis.data, "base64"),
    arrivedAt: (Math.round(kinesis.approximateArrivalTimestamp * 1000) + toleranceMs) as EpochMs,
  };
  return expandRecord(record, nodeRecordCodec).flatMap((entry) =>
    entry.kind === "play" && judge(entry.play).qualified ? [entry.play.track.id] : [],
  );
}

/** How often each song is in a batch. */
export function songCounts(records: readonly KinesisStreamRecord[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const record of records) {
    for (const song of chartedSongs(record)) counts.set(song, (counts.get(song) ?? 0) + 1);
  }
  return counts;
}
