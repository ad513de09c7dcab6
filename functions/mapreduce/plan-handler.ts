import { type EpochNumber, type EpochRecord, epochCounts, pairHeads, rangesOf } from "#src/domain/epoch.ts";
import { CorruptStoreError } from "#src/domain/errors.ts";
import { nextEpoch } from "#src/domain/next-epoch.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { addCounts, type Head, noCounts, origin, subtractCounts } from "#src/domain/position.ts";
import { areProfilesBehind, type ProfileRule, profilesAfter } from "#src/domain/profile-fold.ts";
import { workersFor } from "#src/domain/work-share.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Logger } from "#src/ports/logger.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { latestStartMs } from "./run-limits.ts";
import { waitingAgeMs } from "./waiting-age.ts";

export interface PlanDeps extends ProfileRule {
  readonly epochs: EpochLog;
  readonly segments: SegmentStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly createStoreId: () => string;
  /** An epoch is cut at the segment with which it would pass this many plays and rejects, or the bytes of so many plays. */
  readonly maxEpochPlays: number;
  /** Where it has rejects, with the bytes of so many plays: one worker copies them all. */
  readonly maxWorkerPlays: number;
  /** An epoch with more plays has several workers, one for each so many... */
  readonly playsPerWorker: number;
  /** ...and at most so many; the workflow runs 40 at once. */
  readonly maxWorkers: number;
  /** How long a run may hold the lease, ms. */
  readonly leaseMs: number;
  /** The least time between the starts of two epochs, unless more waits than one may hold; 0 for none, s. */
  readonly tickSeconds: number;
}

export interface PlanInput {
  /** The execution's id, which owns the lease. */
  readonly execution: string;
  /** When the execution started, ISO 8601. */
  readonly startedAt: string;
}

/**
 * `busy`: another run holds the lease. `idle`: nothing to do, or not by this run. `early`: the tick is not over; this
 * run keeps the lease and asks again. Else the epoch to work on, new or unfinished.
 */
export type PlanOutput =
  | { readonly kind: "busy" | "idle" }
  | { readonly kind: "early"; readonly waitSeconds: number }
  | {
      readonly kind: "epoch";
      readonly epoch: EpochNumber;
      readonly isResumed: boolean;
      /** Whether there are several workers, ... */
      readonly isShared: boolean;
      /** ... and their numbers, from 0. */
      readonly workers: readonly number[];
      /** The same of the workers that fold profiles. */
      readonly areProfilesShared: boolean;
      readonly profileWorkers: readonly number[];
    };

/** A play that is a segment of its own, with its sample, takes about this; an epoch is bounded by bytes too. */
const bytesPerPlay = 512;
/** The most that a reject may weigh: a record of 1 MiB. */
const playsPerReject = (1024 * 1024) / bytesPerPlay;

/** Decides what the next epoch owns and writes that down before anything else happens (I4). */
export function createPlanHandler(deps: PlanDeps): (input: PlanInput) => Promise<PlanOutput> {
  return async ({ execution, startedAt }) => {
    const clock = deps.clock();
    const hasLease = await deps.epochs.acquireLease(execution, clock, deps.leaseMs);
    const previous = await deps.epochs.latest();
    // A run without the lease tells it too: the one that holds it may be dead.
    deps.metrics.record("OpenEpochAge", openAgeMs(previous, clock), "Milliseconds");
    if (!hasLease) return { kind: "busy" };
    const heads = await deps.segments.readHeads();
    const waitedMs = await waitingAgeMs(deps.segments, committedHeads(previous), heads, clock);
    deps.metrics.record("WaitingSegmentsAge", waitedMs, "Milliseconds");
    deps.metrics.record("ProfilesAge", profilesAgeMs(previous, clock), "Milliseconds");
    if (previous?.status === "open") return resume(deps, execution, previous);
    return await planNext(deps, { execution, startedAt }, previous, heads, clock);
  };
}

async function planNext(
  deps: PlanDeps,
  { execution, startedAt }: PlanInput,
  previous: EpochRecord | undefined,
  heads: readonly Head[],
  clock: EpochMs,
): Promise<PlanOutput> {
  const to = await cutHeads(deps, committedHeads(previous), heads);
  const next = nextEpoch(previous, to, clock, deps.createStoreId(), deps);
  if (next === undefined) {
    await deps.epochs.releaseLease(execution);
    return { kind: "idle" };
  }
  // Each shard of the segments' stream has a batching window of its own, so triggers may come sooner than the tick.
  const waitSeconds = to === heads ? secondsLeft(deps.tickSeconds, previous, clock) : 0;
  if (waitSeconds > 0) {
    const age = clock - Date.parse(startedAt) + waitSeconds * 1000;
    if (age <= latestStartMs) return { kind: "early", waitSeconds };
    await deps.epochs.releaseLease(execution); // for a younger run: the next trigger's or the schedule's
    return { kind: "idle" };
  }
  const counts = epochCounts(next);
  const workers = workersFor(counts.plays, deps);
  const record = { ...next, ...(workers > 1 && { workers }) };
  if ((await deps.epochs.create(record)) === "exists") return await resumeOther(deps, execution, record);
  deps.logger.info("epoch planned", { epoch: record.epoch, execution, workers, ...counts });
  return toRun(record, false);
}

/** Another run has created the epoch, with ranges and workers of its own. */
async function resumeOther(deps: PlanDeps, execution: string, { epoch }: EpochRecord): Promise<PlanOutput> {
  const record = await deps.epochs.read(epoch);
  if (record === undefined) throw new CorruptStoreError(`epoch ${epoch} exists and has no record`);
  return resume(deps, execution, record);
}

function toRun({ epoch, workers = 1, profiles }: EpochRecord, isResumed: boolean): PlanOutput {
  const folding = profiles?.folding ?? 1;
  return {
    ...{ kind: "epoch", epoch, isResumed },
    ...{ isShared: workers > 1, workers: numbersBelow(workers) },
    ...{ areProfilesShared: folding > 1, profileWorkers: numbersBelow(folding) },
  };
}

const numbersBelow = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

/** Up to where committed epochs go. */
const committedHeads = (latest: EpochRecord | undefined): readonly Head[] =>
  (latest?.status === "open" ? latest.from : latest?.to) ?? [];

/** For how long the latest epoch is open; 0 where it is committed. */
function openAgeMs(latest: EpochRecord | undefined, clock: EpochMs): number {
  return latest?.status === "open" ? Math.max(0, clock - latest.now) : 0;
}

/** Since when profiles lack plays that are counted; 0 where they lack none. */
function profilesAgeMs(latest: EpochRecord | undefined, clock: EpochMs): number {
  if (latest === undefined) return 0;
  const { from } =
    latest.status === "open" && latest.profiles !== undefined ? latest.profiles : profilesAfter(latest);
  return from.epoch > 0 && areProfilesBehind(latest) ? Math.max(0, clock - from.now) : 0;
}

/** Whole seconds, as the workflow waits them, until the tick after the last epoch is over; 0 for a clock that went back. */
function secondsLeft(tickSeconds: number, previous: EpochRecord | undefined, clock: EpochMs): number {
  if (previous === undefined || clock < previous.now) return 0;
  return Math.ceil(Math.max(0, tickSeconds - (clock - previous.now) / 1000));
}

function resume(deps: PlanDeps, execution: string, record: EpochRecord): PlanOutput {
  deps.logger.warn("resuming an unfinished epoch", { epoch: record.epoch, execution });
  return toRun(record, true);
}

/**
 * The heads, or where more is waiting than an epoch may hold, the segment ends up to which each shard has its share. A shard
 * that may stem from one of which something is left waits.
 */
async function cutHeads(
  deps: PlanDeps,
  from: readonly Head[],
  heads: readonly Head[],
): Promise<readonly Head[]> {
  const waiting = rangesOf({ from, to: heads });
  const counts = waiting.map((range) => subtractCounts(range.to.counts, range.from.counts));
  const { plays, duplicates, rejects } = counts.reduce(addCounts, noCounts);
  const { maxEpochPlays, maxWorkerPlays } = deps;
  const areRejectsFew = rejects === 0 || plays + duplicates + rejects * playsPerReject <= maxWorkerPlays;
  if (plays + duplicates <= maxEpochPlays && areRejectsFew) return heads;
  const share = Math.ceil(maxEpochPlays / waiting.length);
  const rejectShare = Math.ceil(maxWorkerPlays / waiting.length);
  const cut: Head[] = [];
  /** Heads of which something is left for later. */
  const left: Head[] = [];
  for (const { from: start, to: head } of pairHeads(from, heads)) {
    const { end, firstArrival } = await cutShard(deps.segments, start, head, share, rejectShare);
    // What a new shard stems from ends before it begins, and is first: of two marked plays the earlier one counts (I3).
    const isEarly = start.position === origin && left.some(({ arrivedAt }) => arrivedAt <= firstArrival);
    if (!isEarly) cut.push(end);
    if (isEarly || end.position !== head.position) left.push(head);
  }
  return cut;
}

/**
 * The last segment end after `from` with at most `share` plays and rejects, or as many bytes as so many plays take, but
 * at least one segment: a reject may have a MiB, and each is written on its own.
 */
async function cutShard(
  segments: SegmentStore,
  from: Head,
  to: Head,
  share: number,
  rejectShare: number,
): Promise<{ readonly end: Head; readonly firstArrival: EpochMs }> {
  let end: Head | undefined;
  let firstArrival = to.arrivedAt;
  let bytes = 0;
  for await (const { head, body } of segments.readRange(to.shard, from.position, to.position)) {
    bytes += body.length;
    const { plays, rejects } = subtractCounts(head.counts, from.counts);
    const mostBytes = (rejects > 0 ? rejectShare : share) * bytesPerPlay;
    const isTooMuch = plays + rejects > share || bytes > mostBytes;
    if (end === undefined) firstArrival = head.arrivedAt;
    else if (isTooMuch) break;
    end = head;
  }
  return { end: end ?? to, firstArrival };
}
