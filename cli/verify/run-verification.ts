import { setTimeout as sleep } from "node:timers/promises";
import { ArchiveBeginsLaterError, ArchiveBehindError } from "#functions/verify/archive-errors.ts";
import type { StoreSnapshot } from "#functions/verify/store-snapshot.ts";
import { verify } from "#functions/verify/verification.ts";
import { holdsAWindow } from "#functions/verify/window-range.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import type { ArchiveSource } from "#src/domain/archive.ts";
import { CorruptStoreError, StoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import type { Verification } from "#src/domain/verification.ts";
import { formatIsoTime } from "#src/wire/iso-time.ts";
import { CliError, messageOf, UsageError } from "../cli-error.ts";
import { ProgressBar } from "../progress.ts";

/** What of an archive's windows is asked for; everything where both are missing. */
export interface AskedRange {
  readonly from?: EpochMs | undefined;
  /** Undefined for up to the epoch's clock. */
  readonly to?: EpochMs | undefined;
}

const archivePollMs = 200;

export interface VerificationLimits {
  /** How long to wait for an archive that lags, ms. */
  readonly patienceMs: number;
  /** How far apart two arrivals of one play are at most, ms. @default 600_000 */
  readonly horizonMs?: number;
}

/**
 * Verifies a snapshot against an archive, with a bar on a terminal.
 *
 * @throws CliError where the archive is damaged, or does not hold what was counted
 */
export async function runVerification(
  snapshot: StoreSnapshot,
  archive: ArchiveSource,
  asked: AskedRange,
  { patienceMs, ...limits }: VerificationLimits,
): Promise<Verification> {
  const bar = new ProgressBar();
  const deadline = performance.now() + patienceMs;
  const waitForArchive = async (): Promise<boolean> => {
    await sleep(archivePollMs);
    return performance.now() < deadline;
  };
  try {
    return await verify(
      { archive, snapshot, clock: () => Date.now() as EpochMs, ...nodeRecordCodec },
      {
        ...limits,
        range: rangeOf(asked, snapshot),
        waitForArchive,
        onProgress: (records) => bar.update({ done: 0, total: undefined, plays: records }),
      },
    );
  } catch (cause) {
    throw isTold(cause) ? new CliError(messageOf(cause), { cause }) : cause;
  } finally {
    bar.clear();
  }
}

function rangeOf({ from, to }: AskedRange, { record }: StoreSnapshot) {
  if (from === undefined && to === undefined) return undefined;
  const range = { from: from ?? (0 as EpochMs), to: to ?? record?.now ?? (0 as EpochMs) };
  if (holdsAWindow(range)) return range;
  const start = from === undefined ? "the beginning" : formatIsoTime(from);
  const end = `${formatIsoTime(range.to)}${to === undefined ? ", the time of the last epoch" : ""}`;
  throw new UsageError(`no whole hour lies between ${start} and ${end}`);
}

/** Whether it is about the archive or the stores, and not about this program. */
const isTold = (cause: unknown): boolean =>
  [ArchiveBehindError, ArchiveBeginsLaterError, CorruptStoreError, StoreError].some(
    (told) => cause instanceof told,
  );
