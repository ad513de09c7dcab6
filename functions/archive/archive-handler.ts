import type { KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import type { ArchivedRecord } from "#src/domain/archive.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import type { Archive } from "#src/ports/archive.ts";
import type { Logger } from "#src/ports/logger.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import { hourOf } from "#src/wire/archive-path.ts";
import { shardKeyOf } from "#src/wire/shard-key.ts";

export interface ArchiveDeps {
  readonly archive: Pick<Archive, "write">;
  readonly decodeBase64: (text: string) => Uint8Array;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Archives one batch of the stream as it is, whatever its records hold: by shard and hour of arrival, in order. A failing
 * store throws, and the batch comes again; what is written twice then is read once.
 */
export function createArchiveHandler(deps: ArchiveDeps): (event: KinesisStreamEvent) => Promise<void> {
  return async (event) => {
    for (const [shard, records] of Map.groupBy(event.Records, shardKeyOf)) {
      for (const hour of byHour(archivedRecords(shard, records, deps.decodeBase64))) {
        await deps.archive.write(hour);
        deps.logger.info("records archived", {
          shard,
          first: hour.at(0)?.sequenceNumber,
          last: hour.at(-1)?.sequenceNumber,
          records: hour.length,
        });
      }
    }
    deps.metrics.record("ArchivedRecords", event.Records.length);
  };
}

/** A shard's clock may step back; within a batch arrivals never do, so that the hours of a batch follow one another. */
function archivedRecords(
  shard: ShardKey,
  records: readonly KinesisStreamRecord[],
  decodeBase64: ArchiveDeps["decodeBase64"],
): ArchivedRecord[] {
  let arrivedAt = 0 as EpochMs;
  return records.map(({ kinesis }) => {
    arrivedAt = Math.max(arrivedAt, Math.round(kinesis.approximateArrivalTimestamp * 1000)) as EpochMs;
    const { sequenceNumber, partitionKey } = kinesis;
    return { shard, sequenceNumber, arrivedAt, partitionKey, data: decodeBase64(kinesis.data) };
  });
}

const byHour = (records: readonly ArchivedRecord[]): Iterable<ArchivedRecord[]> =>
  Map.groupBy(records, ({ arrivedAt }) => hourOf(arrivedAt)).values();
