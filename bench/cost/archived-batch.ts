import { createArchiveHandler } from "#functions/archive/archive-handler.ts";
import { nodeArchiveZip } from "#src/adapters/archive/node-archive-zip.ts";
import { MemoryLogger } from "#src/adapters/memory/memory-logger.ts";
import { MemoryMetrics } from "#src/adapters/memory/memory-metrics.ts";
import type { Play } from "#src/domain/play.ts";
import { encodeArchiveFile } from "#src/wire/archive-file.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { kinesisEvent } from "#test/support/pipeline.ts";
import { deployedDefaults } from "./deployed-defaults.ts";
import { logBytesOf, metricNamesOf } from "./logs.ts";

/** What the archiver makes of one batch of one shard. */
export interface ArchivedBatch {
  /** Plays in single records, and so in one object. */
  readonly plays: number;
  /** Size of the object. */
  readonly bytes: number;
  readonly logBytes: number;
  /** Names of the metrics it publishes. */
  readonly metrics: readonly string[];
}

/** Single plays that 6 MB of an invocation's event hold, as base64 (docs/adr/0010). */
const mostPlays = 5200;

/** How many plays come together in a shard until its batch goes out. */
export const playsPerBatch = (rate: number, shards: number): number =>
  Math.max(1, Math.min(mostPlays, Math.floor((rate / shards) * deployedDefaults.archiveSeconds)));

/** Hands plays to the archiver and keeps nothing. */
export async function archiveBatch(plays: readonly Play[]): Promise<ArchivedBatch> {
  const logger = new MemoryLogger();
  const metrics = new MemoryMetrics();
  let bytes = 0;
  const archive = createArchiveHandler({
    archive: {
      write: async (records) => {
        bytes += (await encodeArchiveFile(records, nodeArchiveZip)).length;
      },
    },
    decodeBase64: (text) => Buffer.from(text, "base64"),
    logger,
    metrics,
  });
  const records = plays.map((play, i) => ({
    sequenceNumber: `49${String(i).padStart(54, "0")}`,
    data: encodePlay(play),
    arrivedAt: play.startedAt,
  }));
  await archive(kinesisEvent(records));
  return {
    plays: plays.length,
    bytes,
    logBytes: logBytesOf(logger.entries, metrics.entries, 1),
    metrics: metricNamesOf(metrics.entries),
  };
}
