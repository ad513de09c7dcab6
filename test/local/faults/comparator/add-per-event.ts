import type { KinesisStreamEvent } from "aws-lambda";
import type { Caller } from "../invocation.ts";
import type { Consume } from "../world.ts";
import { chartedSongs } from "./charted-songs.ts";
import type { PlainTable } from "./plain-table.ts";

/**
 * One ADD per play, in order; at the first failure it reports the record, so that the mapping starts from there
 * (ReportBatchItemFailures) and what is done before is not done again.
 */
export const addPerEvent =
  (table: PlainTable, caller: Caller): Consume =>
  async ({ Records }: KinesisStreamEvent) => {
    for (const record of Records) {
      try {
        for (const song of chartedSongs(record)) await table.add(caller, song, 1);
      } catch {
        return { batchItemFailures: [{ itemIdentifier: record.kinesis.sequenceNumber }] };
      }
    }
    return { batchItemFailures: [] };
  };
