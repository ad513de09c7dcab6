import type { ArchiveSource } from "#src/domain/archive.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { driftOf, type Verification } from "#src/domain/verification.ts";
import { dayMs, hourMs, startOfDay } from "#src/domain/windows.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import { type LockedSnapshotDeps, takeLockedSnapshot } from "./locked-snapshot.ts";
import { type VerifyDeps, verify } from "./verification.ts";
import type { WindowRange } from "./window-range.ts";

export interface VerifyHandlerDeps extends LockedSnapshotDeps, Pick<VerifyDeps, "gunzip" | "sha256"> {
  readonly archive: ArchiveSource;
  readonly metrics: Metrics;
  /** How far apart two arrivals of one play are at most, ms. */
  readonly horizonMs: number;
  /** Compares only windows of so many whole days, and of the day that is under way; 0 for everything. */
  readonly days: number;
}

/** What Lambda tells about an invocation, as far as it is asked. */
export interface Invocation {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

export interface VerifyFigures {
  /** The committed epoch as of which it compared; 0 before the first. */
  readonly epoch: EpochNumber;
  /** How many figures differ. */
  readonly drift: number;
  /** Of the recount and the comparison. */
  readonly processingMs: number;
}

/** What is kept of the function's time for recount and comparison, ms: waiting ends before. */
const keptForWorkMs = 300_000;
/** The archiver writes once a minute, and reading on begins an hour before what is missing. */
const archivePauseMs = 20_000;

/**
 * Compares the stores with a recount of the archive, and keeps and publishes the result.
 *
 * @throws StoreError where the stores are never at rest
 * @throws ArchiveBehindError where the archive does not get as far as they are
 * @throws ArchiveBeginsLaterError where everything is to be compared and the first hours are gone from the archive
 */
export function createVerifyHandler(deps: VerifyHandlerDeps) {
  return async (_event: unknown, invocation: Invocation): Promise<VerifyFigures> => {
    const mayWait = (): boolean => invocation.getRemainingTimeInMillis() > keptForWorkMs;
    const snapshot = await takeLockedSnapshot(deps, invocation.awsRequestId, mayWait);
    const { record } = snapshot;
    const waitForArchive = async (): Promise<boolean> => {
      const waits = mayWait();
      if (waits) await deps.pause(archivePauseMs);
      return waits;
    };
    const { archive, gunzip, sha256, clock, horizonMs } = deps;
    const verification = await verify(
      { archive, snapshot, gunzip, sha256, clock },
      { range: record && rangeOf(record.now, deps.days), horizonMs, waitForArchive },
    );
    await deps.epochs.noteVerification(verification);
    return report(deps, verification);
  };
}

/** Undefined for everything. */
function rangeOf(now: EpochMs, days: number): WindowRange | undefined {
  if (days === 0) return undefined;
  const today = startOfDay(now);
  return {
    from: (today - days * dayMs) as EpochMs,
    to: (Math.floor(now / hourMs) * hourMs) as EpochMs,
  };
}

/** The differences stay out of the log: they name listeners. */
function report({ metrics, logger }: VerifyHandlerDeps, verification: Verification): VerifyFigures {
  const { epoch, kinds, processingMs } = verification;
  const drift = driftOf(verification);
  metrics.record("CounterDrift", drift);
  metrics.record("VerifyTime", processingMs, "Milliseconds");
  if (drift > 0) logger.error("the totals differ from the archive", { epoch, drift, kinds });
  else logger.info("the totals are what the archive gives", { epoch, kinds, processingMs });
  return { epoch, drift, processingMs };
}
