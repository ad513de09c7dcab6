import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { takeLockedSnapshot } from "#functions/verify/locked-snapshot.ts";
import type { ArchiveSource } from "#src/domain/archive.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { Verification } from "#src/domain/verification.ts";
import type { Logger } from "#src/ports/logger.ts";
import { openBucketArchive } from "../bucket-archive.ts";
import { onStage } from "../target.ts";
import { type AskedRange, runVerification } from "./run-verification.ts";

export interface VerifyStageOptions extends AskedRange {
  readonly stage: string;
  /** A directory; undefined for the stage's bucket. */
  readonly archive?: string | undefined;
}

/**
 * The shortest of a stage's, 120 s, less a minute as clocks differ: one that ends later than plan's would is void. So is a run's to
 * this one; a run that has planned its epoch by then goes on, and the tables are read again.
 */
const leaseMs = 60_000;
const restPatienceMs = 120_000;
/** The archiver's batching window is a minute. */
const patienceMs = 180_000;
const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Verifies a deployed stage and keeps the result there. Its epochs wait while its tables are read. */
export async function verifyStage({ stage, archive, ...asked }: VerifyStageOptions): Promise<Verification> {
  const { openStageStores } = await import("../stage-stores.ts");
  return await onStage(stage, async (client, { countersTable, archiveBucket, dedupeHorizonMs }) => {
    const stores = openStageStores(client, countersTable);
    const source = await openArchive(archive, archiveBucket);
    const deadline = performance.now() + restPatienceMs;
    const snapshot = await takeLockedSnapshot(
      { ...stores, clock: () => Date.now() as EpochMs, logger: silent, pause, leaseMs },
      `earworm verify ${randomUUID()}`,
      () => performance.now() < deadline,
    );
    const verification = await runVerification(snapshot, source, asked, {
      patienceMs,
      horizonMs: dedupeHorizonMs,
    });
    await stores.epochs.noteVerification(verification);
    return verification;
  });
}

async function openArchive(dir: string | undefined, bucket: string): Promise<ArchiveSource> {
  if (dir === undefined) return await openBucketArchive(bucket);
  const { DirectoryArchive } = await import("#src/adapters/archive/directory-archive.ts");
  return new DirectoryArchive(dir);
}
