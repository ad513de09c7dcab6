import { setTimeout as sleep } from "node:timers/promises";
import { liveSnapshot } from "#functions/verify/live-snapshot.ts";
import type { StoreSnapshot } from "#functions/verify/store-snapshot.ts";
import type { Stores } from "#local/stores.ts";
import { DirectoryArchive } from "#src/adapters/archive/directory-archive.ts";
import type { ArchiveSource } from "#src/domain/archive.ts";
import type { Verification } from "#src/domain/verification.ts";
import { CliError, messageOf } from "../cli-error.ts";
import { archiveDirOf, archiveIn, withDataDir, withWritableDataDir } from "../data-dir-stores.ts";
import { type AskedRange, runVerification } from "./run-verification.ts";

export interface VerifyDataDirOptions extends AskedRange {
  readonly dataDir: string;
  /** Undefined for the data directory's own. */
  readonly archive?: string | undefined;
}

/** Between two epochs there are some ms at least. */
const restPollMs = 2;
const restPatienceMs = 30_000;
/** The embedded archiver writes every second. */
const patienceMs = 10_000;

/** Verifies a data directory, on which `earworm dev` may be working, and keeps the result there. */
export async function verifyDataDir({
  dataDir,
  archive,
  ...asked
}: VerifyDataDirOptions): Promise<Verification> {
  // Where nothing is counted, nothing of the archive is read.
  const open = async ({ record }: StoreSnapshot): Promise<ArchiveSource> =>
    archive === undefined && record !== undefined
      ? await archiveIn(dataDir)
      : new DirectoryArchive(archive ?? archiveDirOf(dataDir));
  const verification = await withDataDir(dataDir, (stores) => verifyAtRest(stores, dataDir, open, asked));
  await keep(dataDir, verification);
  return verification;
}

/** Waits for a moment between two epochs: one transaction then reads all of it as it was. */
async function verifyAtRest(
  stores: Stores,
  dataDir: string,
  openArchive: (snapshot: StoreSnapshot) => Promise<ArchiveSource>,
  asked: AskedRange,
): Promise<Verification> {
  const deadline = performance.now() + restPatienceMs;
  for (;;) {
    const verification = await stores.reading(async () => {
      const snapshot = await liveSnapshot(stores);
      return (
        snapshot && (await runVerification(snapshot, await openArchive(snapshot), asked, { patienceMs }))
      );
    });
    if (verification !== undefined) return verification;
    if (performance.now() > deadline) break;
    await sleep(restPollMs);
  }
  throw new CliError(
    `an epoch of ${dataDir} is not finished: start earworm dev on it, or try again when fewer plays are waiting`,
  );
}

/** For `GET /stats` and the page. A directory that cannot be written can be verified all the same. */
async function keep(dataDir: string, verification: Verification): Promise<void> {
  try {
    await withWritableDataDir(dataDir, ({ epochs }) => epochs.noteVerification(verification));
  } catch (cause) {
    console.error(`the result is not kept in ${dataDir}: ${messageOf(cause)}`);
  }
}
