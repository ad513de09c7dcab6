import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Stores } from "#local/stores.ts";
import type { Archive } from "#src/ports/archive.ts";
import { CliError, messageOf } from "./cli-error.ts";

/** Runs `work` over the stores of a data directory, read only: `earworm dev` may be working on it. */
export async function withDataDir<T>(dataDir: string, work: (stores: Stores) => Promise<T>): Promise<T> {
  assertDataDir(dataDir);
  const stores = await openReadOnly(dataDir);
  try {
    return await work(stores);
  } finally {
    stores.close();
  }
}

/** The same for writing; its lock is not taken, because SQLite lets one process write after the other. */
export async function withWritableDataDir<T>(
  dataDir: string,
  work: (stores: Stores) => Promise<T>,
): Promise<T> {
  assertDataDir(dataDir);
  const { openStores } = await import("#local/stores.ts");
  const stores = openStores(dataDir, { survives: "power-loss" });
  try {
    return await work(stores);
  } finally {
    stores.close();
  }
}

/** Where the archive of a data directory is. It comes with the first record. */
export const archiveDirOf = (dataDir: string): string => join(dataDir, "archive");

/** @throws CliError where the data directory has no archive */
export async function archiveIn(dataDir: string): Promise<Archive> {
  const { DirectoryArchive } = await import("#src/adapters/archive/directory-archive.ts");
  const dir = archiveDirOf(dataDir);
  if (existsSync(dir)) return new DirectoryArchive(dir);
  throw new CliError(`${dataDir} has no archive: earworm dev keeps one unless it is told --no-archive`);
}

/** @throws CliError where `earworm dev` has never worked on the directory, or nobody may look */
export function assertDataDir(dataDir: string): void {
  try {
    statSync(join(dataDir, "earworm.db"));
  } catch (cause) {
    const isRefused = cause instanceof Error && "code" in cause && cause.code === "EACCES";
    throw new CliError(isRefused ? `no permission to read ${dataDir}` : noDataDir(dataDir), { cause });
  }
}

const noDataDir = (dataDir: string): string =>
  `${dataDir} is no data directory: name the one of earworm dev with --data-dir, or a deployment with --stage`;

async function openReadOnly(dataDir: string): Promise<Stores> {
  const { openStores } = await import("#local/stores.ts");
  try {
    return openStores(dataDir, { readOnly: true });
  } catch (cause) {
    throw new CliError(
      `cannot read ${dataDir} (${messageOf(cause)}); if it is of an earlier version, start earworm dev on it once`,
      { cause },
    );
  }
}
