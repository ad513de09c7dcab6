import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { ArchiveSource } from "#src/domain/archive.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { ImportLedger } from "#src/ports/import-ledger.ts";
import type { PlayStream } from "#src/ports/play-stream.ts";
import type { StreamTail } from "#src/ports/stream-tail.ts";
import { callingAws } from "./aws-error.ts";
import { openBucketArchive } from "./bucket-archive.ts";
import { CliError } from "./cli-error.ts";
import { archiveDirOf, withWritableDataDir } from "./data-dir-stores.ts";
import { endpointOption } from "./options.ts";
import { defaultEndpoint, defaultStream, kinesisTarget, openKinesis } from "./play-sender.ts";
import { onStage, type Target, withTarget } from "./target.ts";

/** Where marked plays go: a running system, its archive and what it knows of imports. */
export interface MarkedTarget {
  readonly archive: ArchiveSource;
  readonly tail: StreamTail;
  readonly plays: PlayStream;
  readonly imports: ImportLedger;
  /** ms; undefined for the usual one. */
  readonly horizonMs?: number;
}

export interface MarkedTargetOptions extends Target {
  /** The Kinesis endpoint of the `earworm dev` that works on the data directory. */
  readonly to: string;
}

export const withMarkedTargetOptions = (command: Command): Command =>
  withTarget(command).addOption(
    new Option("--to <url>", "the Kinesis endpoint of earworm dev")
      .argParser(endpointOption)
      .default(defaultEndpoint)
      .conflicts("stage"),
  );

/**
 * Runs `work` on the system that the options name.
 *
 * @throws CliError where it cannot be reached, or the stream is not the data directory's
 */
export async function withMarkedTarget<T>(
  { stage, dataDir, to }: MarkedTargetOptions,
  work: (target: MarkedTarget) => Promise<T>,
): Promise<T> {
  if (stage !== undefined) return await inDeployment(stage, work);
  return await withWritableDataDir(dataDir, async ({ imports }) => {
    const stream = await openStream(to, defaultStream);
    assertSameStream(dataDir, to, await stream.createdAt());
    return await work({ ...stream, archive: await archiveOf(dataDir), imports });
  });
}

async function inDeployment<T>(stage: string, work: (target: MarkedTarget) => Promise<T>): Promise<T> {
  const { DynamoDbImportLedger } = await import("#src/adapters/dynamodb/dynamodb-import-ledger.ts");
  return await onStage(stage, async (client, deployment) => {
    const { countersTable, streamName, archiveBucket, dedupeHorizonMs: horizonMs } = deployment;
    const stream = await openStream("aws", streamName);
    const archive = await openBucketArchive(archiveBucket);
    const imports = new DynamoDbImportLedger(client, countersTable);
    return await work({ ...stream, archive, imports, horizonMs });
  });
}

/** A stream, there and back. What AWS refuses, or the way there, is a `CliError`. */
async function openStream(endpoint: string, streamName: string) {
  const { KinesisPlayStream } = await import("#src/adapters/kinesis/kinesis-play-stream.ts");
  const { KinesisStreamTail } = await import("#src/adapters/kinesis/kinesis-stream-tail.ts");
  const client = await openKinesis(endpoint);
  const stream = new KinesisPlayStream(client, streamName);
  const tail = new KinesisStreamTail(client, streamName);
  const target = kinesisTarget(endpoint);
  return {
    plays: { put: (records) => callingAws(target, () => stream.put(records)) } satisfies PlayStream,
    tail: {
      shards: () => callingAws(target, () => tail.shards()),
      firstArrival: (shard, after) => callingAws(target, () => tail.firstArrival(shard, after)),
    } satisfies StreamTail,
    createdAt: () => callingAws(target, () => tail.createdAt()),
  };
}

/** Else plays would be looked for in the archive of another stream than they go to. */
function assertSameStream(dataDir: string, to: string, createdAt: EpochMs | undefined): void {
  const path = join(dataDir, "stream", "stream.json");
  const { createdAtMs }: { createdAtMs?: number } = JSON.parse(readFileSync(path, "utf8"));
  if (createdAt === createdAtMs) return;
  throw new CliError(
    `the stream at ${to} is not that of ${dataDir}: name the endpoint with --to and the directory with --data-dir of one earworm dev`,
  );
}

/** The directory comes with the first record. */
async function archiveOf(dataDir: string): Promise<ArchiveSource> {
  const { DirectoryArchive } = await import("#src/adapters/archive/directory-archive.ts");
  const dir = archiveDirOf(dataDir);
  const archive = new DirectoryArchive(dir);
  return {
    list: async (range) => (existsSync(dir) ? await archive.list(range) : []),
    read: (object) => archive.read(object),
  };
}
