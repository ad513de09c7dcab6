import { allSongsKey, type Counter, forgottenKey, repeatedKey } from "#src/domain/counter.ts";
import { type EpochNumber, type EpochRecord, type StageFigures, totalCounts } from "#src/domain/epoch.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import { type ShardCounts, subtractCounts } from "#src/domain/position.ts";
import { profilesAfter } from "#src/domain/profile-fold.ts";
import type { PlayCounts } from "#src/domain/totals.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Logger } from "#src/ports/logger.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { latestStartMs } from "./run-limits.ts";

export interface CommitDeps {
  readonly epochs: EpochLog;
  readonly segments: SegmentStore;
  readonly counters: CounterStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /**
   * Whether what waits is worth another epoch before the tick is over.
   *
   * @default always: plan keeps the tick
   */
  readonly isUrgent?: (waiting: ShardCounts) => boolean;
}

export interface CommitInput {
  readonly execution: string;
  /** When the execution started, ISO 8601. */
  readonly startedAt: string;
  readonly epoch: EpochNumber;
  /** What each stage told, by stage. */
  readonly figures: Readonly<Record<string, StageFigures>>;
}

export interface CommitOutput {
  /** Whether this execution goes on with another epoch. */
  readonly more: boolean;
  /** Plays in segments that no committed epoch owns. */
  readonly waitingPlays: number;
}

/** What each play in a segment is in: a total, or one of those that say why it is in none. */
const sumKeys = [allSongsKey, repeatedKey, forgottenKey];

/** Closes the epoch: from here on the next one may be planned. Doing it again changes nothing. */
export function createCommitHandler(deps: CommitDeps): (input: CommitInput) => Promise<CommitOutput> {
  return async ({ execution, startedAt, epoch, figures }) => {
    // Before the epoch closes: until then nobody moves the totals on.
    const sums = await deps.counters.read(sumKeys);
    await deps.epochs.commit(epoch, { ...figures, commit: commitFigures(sums) }, deps.clock());
    const record = await deps.epochs.read(epoch);
    if (record === undefined) throw new CorruptStoreError(`epoch ${epoch} has no record`);
    // The lease goes first: whatever lands after the heads are read finds it free.
    await deps.epochs.releaseLease(execution);
    const heads = await deps.segments.readHeads();
    const waiting = subtractCounts(totalCounts(heads), totalCounts(record.to));
    const now = deps.clock();
    const isYoung = now - Date.parse(startedAt) < latestStartMs; // else the rest is the next run's
    const isWaiting = Object.values(waiting).some((count) => count > 0);
    const isWorthAnother =
      (isWaiting && (deps.isUrgent?.(waiting) ?? true)) || profilesAfter(record).parts > 0;
    const more = isYoung && isWorthAnother;
    deps.metrics.record("Epochs", 1);
    deps.metrics.record("WaitingPlays", waiting.plays);
    deps.metrics.record("EpochDelay", now - record.now, "Milliseconds");
    reportDrift(deps, record, sums);
    deps.logger.info("epoch committed", { epoch, execution, waitingPlays: waiting.plays, ...figures });
    return { more, waitingPlays: waiting.plays };
  };
}

/** With these no reader of totals has to look further: see `countedUpTo`. */
function commitFigures(sums: readonly Counter[]): StageFigures {
  const repeated = addSums(sums.filter(({ key }) => key === repeatedKey));
  const forgotten = addSums(sums.filter(({ key }) => key === forgottenKey));
  const all = sums.find(({ key }) => key === allSongsKey)?.totals;
  return {
    repeats: repeated.plays + repeated.unqualified,
    unqualifiedRepeats: repeated.unqualified,
    forgotten: forgotten.plays + forgotten.unqualified,
    unqualifiedForgotten: forgotten.unqualified,
    completes: all?.completes ?? 0,
    skips: all?.skips ?? 0,
    listenedMs: all?.listenedMs ?? 0,
  };
}

/** Holds what MapReduce has accounted for in all epochs against what the consumer put into segments up to this one. */
function reportDrift({ metrics, logger }: CommitDeps, record: EpochRecord, sums: readonly Counter[]): void {
  const { epoch } = record;
  // Then another run committed this epoch, and a later one is on.
  if (sums.some((sum) => sum.epoch > epoch)) return;
  const consumed = totalCounts(record.to);
  const { plays, unqualified } = addSums(sums);
  const drift =
    Math.abs(consumed.plays - consumed.unqualified - plays) + Math.abs(consumed.unqualified - unqualified);
  metrics.record("CounterDrift", drift);
  if (drift > 0)
    logger.error("the totals differ from what was consumed", { epoch, drift, consumed, plays, unqualified });
}

function addSums(sums: readonly Counter[]): PlayCounts {
  const add = (count: (totals: PlayCounts) => number): number =>
    sums.reduce((sum, { totals }) => sum + count(totals), 0);
  return { plays: add(({ plays }) => plays), unqualified: add(({ unqualified }) => unqualified) };
}
