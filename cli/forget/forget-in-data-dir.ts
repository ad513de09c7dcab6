import { join } from "node:path";
import { ConsoleLogger } from "#local/console-logger.ts";
import { claimDataDir, DataDirInUseError } from "#local/data-dir.ts";
import { Engine } from "#local/engine.ts";
import { openStores } from "#local/stores.ts";
import { shardCountIn } from "#local/stream/play-stream.ts";
import type { EpochMs, UserId } from "#src/domain/play.ts";
import { CliError, messageOf } from "../cli-error.ts";
import { archiveIn, assertDataDir } from "../data-dir-stores.ts";
import { type Forgotten, forgetListener } from "./forget-listener.ts";

/** One process owns a data directory, so all its runs are one owner (local/workflow-runner.ts). */
const owner = "embedded";

/**
 * Forgets a listener in a data directory that nobody works on: what is in its stream is counted first.
 *
 * @throws CliError naming the directory where it is none, is in use or has no archive
 */
export async function forgetInDataDir(dataDir: string, userId: UserId): Promise<Forgotten | undefined> {
  assertDataDir(dataDir);
  const archive = await archiveIn(dataDir);
  try {
    await settle(dataDir);
    const stores = openStores(dataDir, {});
    try {
      const forgotten = await forgetListener(
        {
          stores,
          archive,
          clock: () => Date.now() as EpochMs,
          owner,
          applied: () => settle(dataDir),
          pause: (reason) => Promise.reject(new CliError(`${dataDir} still waits for ${reason}`)),
          alone: (work) => alone(dataDir, work),
        },
        userId,
      );
      stores.compact();
      return forgotten;
    } finally {
      stores.close();
    }
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError(cause instanceof DataDirInUseError ? inUse(dataDir) : messageOf(cause), { cause });
  }
}

const inUse = (dataDir: string): string =>
  `the data directory ${dataDir} is in use by another process: end earworm dev, forget, and start it again`;

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
