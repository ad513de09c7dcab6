import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from "node:fs";
import { constants } from "node:os";
import { dirname } from "node:path";
import { ConsoleLogger } from "#local/console-logger.ts";
import { Engine } from "#local/engine.ts";
import { DirectoryArchive } from "#src/adapters/archive/directory-archive.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import { type ArchivedRecord, type ArchiveSource, readArchive } from "#src/domain/archive.ts";
import { countedUpTo, totalCounts } from "#src/domain/epoch.ts";
import { noCounts } from "#src/domain/position.ts";
import { isGzip } from "#src/wire/gzip.ts";
import { maxBlockBytes } from "#src/wire/play-record.ts";
import { CliError, messageOf } from "./cli-error.ts";
import { counted, ProgressBar } from "./progress.ts";

export interface ReplayOptions {
  readonly into: string;
  readonly shards: number;
}

/** Records that may wait in the stream before the reader waits for the consumer. */
const maxLag = 5_000;
/** How often the bar may move, records. */
const progressRecords = 500;
/** Records of one moment that are put at once. */
const maxPut = 500;
/** A replay is one long catch-up: the larger its epochs, the less often a counter is written. */
const maxEpochPlays = 1_000_000;
const tickMs = 3_600_000;
/** A batch that fails so often, on a full disk say, ends the replay. */
const patience = 5;
const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Rebuilds a data directory from an archive and prints what it holds. It has its name only once it is whole.
 *
 * @throws CliError, StoreError naming what cannot be read or made
 */
export async function replayArchive(archiveDir: string, { into, shards }: ReplayOptions): Promise<void> {
  const archive = new CountingSource(await openArchive(archiveDir));
  const unfinished = makeUnfinished(into);
  const remove = (): void => rmSync(unfinished, { recursive: true, force: true, maxRetries: 3 });
  const interrupted = (signal: (typeof endings)[number]): void => {
    remove();
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of endings) process.once(signal, interrupted);
  try {
    const line = await rebuild(archive, unfinished, shards);
    if (archive.records === 0)
      throw new CliError(`no record in ${archiveDir}: its files are empty, or cut off in the first write`);
    renameSync(unfinished, into);
    console.log(line);
    console.log(
      `earworm dev --data-dir ${into}${shards === 1 ? "" : ` --shards ${shards}`} goes on from there`,
    );
  } finally {
    for (const signal of endings) process.off(signal, interrupted);
    remove();
  }
}

async function openArchive(dir: string): Promise<ArchiveSource> {
  const stat = statSync(dir, { throwIfNoEntry: false });
  if (stat === undefined) throw new CliError(`no such directory: ${dir}`);
  if (!stat.isDirectory())
    throw new CliError(`${dir} is no directory: name the one that holds the archive's years`);
  const archive = new DirectoryArchive(dir);
  if ((await archive.list()).length > 0) return archive;
  throw new CliError(
    `no archive in ${dir}: expected files such as 2026/11/20/14/plays/shardId-000000000000/<number>.ndjson.gz`,
  );
}

/** Makes the directory that becomes `into`: half a store must not pass for a whole one. */
function makeUnfinished(into: string): string {
  const unfinished = `${into.replace(/\/+$/, "")}.unfinished`;
  try {
    if (statSync(into, { throwIfNoEntry: false }) !== undefined) {
      const [entry] = readdirSync(into);
      if (entry !== undefined) throw new CliError(`${into} is not empty (${entry}): name a new directory`);
      rmdirSync(into); // now, because it may be one that cannot be replaced
    }
    mkdirSync(dirname(into), { recursive: true });
    mkdirSync(unfinished);
    return unfinished;
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    if (statSync(unfinished, { throwIfNoEntry: false }) !== undefined) {
      const why = `${unfinished} is there: a replay writes it, or was killed; remove it first`;
      throw new CliError(why, { cause });
    }
    throw new CliError(`cannot make ${into}: ${messageOf(cause)}`, { cause });
  }
}

/** Returns what the new data directory holds. */
async function rebuild(archive: CountingSource, dataDir: string, shards: number): Promise<string> {
  let arrivedAt = Date.now();
  const engine = Engine.open({
    ...{ dataDir, shards, tickMs, maxEpochPlays, patience, fsync: false, archive: true },
    arrivalClock: () => arrivedAt,
    logger: new ConsoleLogger("error"),
    broadcast: () => Promise.resolve({}),
  });
  const bar = new ProgressBar();
  let records = 0;
  try {
    await engine.start();
    for await (const group of momentsOf(readArchive(archive))) {
      arrivedAt = group[0]?.arrivedAt ?? arrivedAt;
      await engine.plays.put(group);
      records += group.length;
      if (engine.lag > maxLag) await engine.consumed();
      if (records % progressRecords >= group.length) continue;
      bar.update({ ...archive, plays: totalCounts(await engine.stores.segments.readHeads()).plays });
    }
    await engine.settle();
    return `${counted(records, "record")} replayed: ${await contentsOf(engine)}`;
  } finally {
    bar.clear();
    await engine.close();
  }
}

/** Neighbours that arrived at the same time, without those that an erasure has emptied. */
async function* momentsOf(
  records: AsyncIterable<ArchivedRecord>,
): AsyncIterableIterator<readonly ArchivedRecord[]> {
  let group: ArchivedRecord[] = [];
  for await (const record of records) {
    if (isEmptied(record)) continue;
    if (group.length === maxPut || (group[0]?.arrivedAt ?? record.arrivedAt) !== record.arrivedAt) {
      yield group;
      group = [];
    }
    group.push(record);
  }
  if (group.length > 0) yield group;
}

/** Whether an erasure left nothing of it: an empty record, or a block without lines, would be a reject that never was. */
function isEmptied({ erased, data }: ArchivedRecord): boolean {
  if (erased === undefined) return false;
  const bytes = isGzip(data) ? nodeRecordCodec.gunzip(data, maxBlockBytes) : data;
  return bytes !== undefined && Buffer.from(bytes).toString("latin1").trim() === "";
}

async function contentsOf({ stores }: Engine): Promise<string> {
  const latest = await stores.epochs.latest();
  const { plays, duplicates, rejects } = latest === undefined ? noCounts : countedUpTo(latest);
  return [counted(plays, "play"), counted(duplicates, "duplicate"), counted(rejects, "reject")].join(", ");
}

/** An archive that tells how much of it was read. */
class CountingSource implements ArchiveSource {
  /** Objects. */
  done = 0;
  total = 0;
  records = 0;
  readonly #source: ArchiveSource;

  constructor(source: ArchiveSource) {
    this.#source = source;
  }

  async list(): ReturnType<ArchiveSource["list"]> {
    const objects = await this.#source.list();
    this.total = objects.length;
    return objects;
  }

  async *read(object: Parameters<ArchiveSource["read"]>[0]): ReturnType<ArchiveSource["read"]> {
    for await (const record of this.#source.read(object)) {
      this.records += 1;
      yield record;
    }
    this.done += 1;
  }
}
