import { existsSync } from "node:fs";
import { join } from "node:path";
import { ConsoleLogger } from "#local/console-logger.ts";
import { claimDataDir } from "#local/data-dir.ts";
import { Engine } from "#local/engine.ts";
import { openStores } from "#local/stores.ts";
import { shardCountIn } from "#local/stream/play-stream.ts";
import { DirectoryArchive } from "#src/adapters/archive/directory-archive.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import { CliError, messageOf } from "../cli-error.ts";
import { type Forgotten, forgetListener } from "./forget-listener.ts";

/** One process owns a data directory, so all its runs are one owner (local/workflow-runner.ts). */
const owner = "embedded";

/**
 * Forgets a listener in a data directory that nobody works on: what is in its stream is counted first.
 *
 * @throws CliError naming the directory where it is none, is in use or has no archive
 */
export async function forgetInDataDir(dataDir: string, userId: UserId): Promise<Forgotten | undefined> {
  if (!existsSync(join(dataDir, "earworm.db")))
    throw new CliError(`${dataDir} is no data directory: name the one of earworm dev with --data-dir`);
  if (!existsSync(join(dataDir, "archive")))
    throw new CliError(`${dataDir} has no archive: nobody can be forgotten exactly without it`);
  try {
    await settle(dataDir);
    const stores = openStores(dataDir, {});
    try {
      return await forgetListener(
        {
          stores,
          archive: new DirectoryArchive(join(dataDir, "archive")),
          clock: () => Date.now() as EpochMs,
          owner,
          applied: () => settle(dataDir),
          pause: (reason) => Promise.reject(new CliError(`${dataDir} still waits for ${reason}`)),
          alone: (work) => alone(dataDir, work),
        },
        userId,
      );
    } finally {
      stores.close();
    }
  } catch (cause) {
    throw cause instanceof CliError ? cause : new CliError(messageOf(cause), { cause });
  }
}

/** Counts and archives everything that the stream holds, and brings an epoch that is open to its end. */
async function settle(dataDir: string): Promise<void> {
  const engine = Engine.open({
    dataDir,
    shards: shardCountIn(join(dataDir, "stream")) ?? 1,
    tickMs: 1,
    fsync: false,
    archive: true,
    logger: new ConsoleLogger("error"),
    broadcast: () => Promise.resolve({}),
  });
  try {
    await engine.start();
    await engine.settle();
  } finally {
    await engine.close();
  }
}

async function alone<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const release = claimDataDir(dataDir);
  try {
    return await work();
  } finally {
    release();
  }
}
