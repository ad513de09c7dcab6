import type { KinesisStreamRecord } from "aws-lambda";
import type { Caller } from "../invocation.ts";
import type { Consume } from "../world.ts";
import { songCounts } from "./charted-songs.ts";
import type { PlainTable } from "./plain-table.ts";

/** The batch's ADDs and a marker in one transaction; a batch whose marker is there was done before. */
const withMarker =
  (markerOf: (first: KinesisStreamRecord, last: KinesisStreamRecord) => string) =>
  (table: PlainTable, caller: Caller): Consume =>
  async ({ Records }) => {
    const [first, last] = [Records[0], Records.at(-1)];
    if (first === undefined || last === undefined) return;
    await table.addOnce(caller, markerOf(first, last), songCounts(Records));
  };

/** `shardId-000000000000:4954...` of the batch's first record. */
export const markerOfTheFirst = withMarker((first) => first.eventID);

/** The batch's first and last record: one that is cut elsewhere is another batch. */
export const markerOfBothEnds = withMarker(
  (first, last) => `${first.eventID} ${last.kinesis.sequenceNumber}`,
);
