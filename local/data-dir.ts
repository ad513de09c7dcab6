import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Thrown where another process works on the data directory, or nobody may. */
export class DataDirError extends Error {
  override readonly name: string = "DataDirError";
}

/** Another process works on it. */
export class DataDirInUseError extends DataDirError {
  override readonly name = "DataDirInUseError";
}

/**
 * Claims a data directory for this process. The claim is an SQLite write lock, which the operating system drops with the
 * process, however it ends: there is no stale lock file to clean up.
 *
 * @returns a function that gives the directory back
 * @throws DataDirError naming the directory
 */
export function claimDataDir(dir: string): () => void {
  try {
    makeDir(dir);
  } catch (cause) {
    throw new DataDirError(`cannot create the data directory ${dir}: ${codeOf(cause)}`, { cause });
  }
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(dir, "lock.db"));
    lock.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (cause) {
    lock?.close();
    throw errorOf(dir, cause);
  }
  const held = lock;
  return () => held.close();
}

/** Not `recursive: true`: where a parent refuses with ENOENT, as below /proc, Node repeats that for ever. */
function makeDir(dir: string): void {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(dir);
  if (parent !== dir) makeDir(parent);
  mkdirSync(dir);
}

const sqliteBusy = 5;

function errorOf(dir: string, cause: unknown): DataDirError {
  const isBusy = cause instanceof Error && "errcode" in cause && cause.errcode === sqliteBusy;
  if (!isBusy) return new DataDirError(`cannot use the data directory ${dir}: ${codeOf(cause)}`, { cause });
  const message = `the data directory ${dir} is in use by another process; choose another with --data-dir`;
  return new DataDirInUseError(message, { cause });
}

const codeOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
