import { CorruptStoreError, StaleEpochError } from "./errors.ts";
import type { EpochMs } from "./play.ts";
import { addCounts, type Head, noCounts, origin, type ShardCounts, subtractCounts } from "./position.ts";
import type { PlayCounts } from "./totals.ts";
import type { ChartWindow, WindowId } from "./windows.ts";
import type { WorkShare } from "./work-share.ts";

/** Epochs count 1, 2, 3, ... without a gap. */
export type EpochNumber = number & { readonly __brand: "EpochNumber" };

/** What a stage tells about its run; figures only, never data. */
export type StageFigures = Readonly<Record<string, number>>;

/** One run of the workflow, written before it starts (I4). */
export interface EpochRecord {
  readonly epoch: EpochNumber;
  readonly status: "open" | "committed";
  /** A random id of the store, the same in every epoch; part of every chart's log name. */
  readonly storeId: string;
  /** The shards' positions after which this epoch starts; a shard that is missing starts at its origin. */
  readonly from: readonly Head[];
  /** The shards' positions up to which this epoch goes. */
  readonly to: readonly Head[];
  /** The clock of everything in this epoch. */
  readonly now: EpochMs;
  /** The window instances that are current at `now`. */
  readonly windows: Readonly<Record<ChartWindow, WindowId>>;
  /** How many workers share its counters. @default 1 */
  readonly workers?: number;
  /** How far profiles are. Undefined in records of earlier versions: each of those epochs folded its own plays. */
  readonly profiles?: ProfileFold;
  /** Where this epoch corrects totals (and owns no plays): the version of the stored correction that it applies. */
  readonly correction?: EpochNumber;
  /** By stage, once committed. */
  readonly figures?: Readonly<Record<string, StageFigures>>;
  /** When it was committed, once it is. */
  readonly committedAt?: EpochMs;
}

/** An epoch up to whose end profiles are folded. */
export interface ProfileCursor {
  /** 0 before the first. */
  readonly epoch: EpochNumber;
  /** The epoch's clock. */
  readonly now: EpochMs;
  /** What all shards had counted by then; duplicates and rejects do not matter. */
  readonly plays: number;
}

/**
 * How far listeners' profiles are before an epoch, and what it does about it. They have a tick of their own (ADR 23): a fold
 * takes in several epochs, and is spread over several where one could not do it all.
 */
export interface ProfileFold {
  /** What every profile holds. */
  readonly from: ProfileCursor;
  /** Up to where the fold that is under way takes them; the same where none is. */
  readonly to: ProfileCursor;
  /** In how many parts listeners are folded, by hash of their ids; 0 where no fold is under way. */
  readonly parts: number;
  /** How many of the parts earlier epochs have folded. */
  readonly done: number;
  /** How many of the next parts this epoch folds, a worker each; 0 for none. */
  readonly folding: number;
}

/** How the broadcast of an epoch went; kept beside its record. */
export interface BroadcastOutcome {
  /** When the last message was sent, or given up. */
  readonly at: EpochMs;
  readonly messages: number;
  readonly failed: number;
}

/** The part of a shard that belongs to an epoch: after `from`, up to and including `to`. */
export interface ShardRange {
  readonly from: Head;
  readonly to: Head;
}

/** The ranges of an epoch that hold something. */
export function rangesOf({ from, to }: Pick<EpochRecord, "from" | "to">): readonly ShardRange[] {
  return pairHeads(from, to).filter((range) => range.from.position !== range.to.position);
}

/** For each head of `to` the one of its shard in `from`, or the shard's beginning. */
export function pairHeads(from: readonly Head[], to: readonly Head[]): readonly ShardRange[] {
  const starts = new Map(from.map((head) => [head.shard, head]));
  return to.map((head) => ({ from: starts.get(head.shard) ?? startOf(head), to: head }));
}

/** The beginning of a head's shard. */
function startOf(head: Head): Head {
  return { ...head, position: origin, counts: noCounts, arrivedAt: 0 as EpochMs };
}

export function totalCounts(heads: readonly Head[]): ShardCounts {
  return heads.reduce((sum, head) => addCounts(sum, head.counts), noCounts);
}

/** What an epoch adds to the totals of all shards. */
export function epochCounts(record: EpochRecord): ShardCounts {
  return subtractCounts(totalCounts(record.to), totalCounts(record.from));
}

/** What is to be shown where some of the plays turned out to be repeats (I3): those are duplicates like all others. */
export function countAsDuplicates(counts: ShardCounts, repeats: PlayCounts): ShardCounts {
  const all = repeats.plays + repeats.unqualified;
  return {
    ...counts,
    plays: counts.plays - all,
    unqualified: counts.unqualified - repeats.unqualified,
    duplicates: counts.duplicates + all,
  };
}

/**
 * What is counted up to a committed epoch, of all shards.
 *
 * Repeats, and plays of listeners who were forgotten, are figures of the epoch's commit, which reads their totals anyway:
 * whoever shows totals needs no other read, and an epoch without any has nothing to carry on.
 */
export function countedUpTo(committed: EpochRecord): ShardCounts {
  const figures = committed.figures?.["commit"] ?? {};
  const { repeats = 0, unqualifiedRepeats = 0, forgotten = 0, unqualifiedForgotten = 0 } = figures;
  const repeated = { plays: repeats - unqualifiedRepeats, unqualified: unqualifiedRepeats };
  const { plays, unqualified, ...others } = countAsDuplicates(totalCounts(committed.to), repeated);
  return { ...others, plays: plays - forgotten, unqualified: unqualified - unqualifiedForgotten };
}

/**
 * What a worker of an epoch does.
 *
 * @throws CorruptStoreError where the epoch has no such worker
 */
export const shareOf = ({ epoch, workers = 1 }: EpochRecord, worker: number | undefined): WorkShare => ({
  worker: requireWorker(worker, workers, `epoch ${epoch} has ${workers} workers`),
  workers,
});

/**
 * A worker's number. One of several has to be named: a workflow of an earlier version knows no workers, and must not take one
 * worker's part for all.
 *
 * @throws CorruptStoreError, with what there is
 */
export function requireWorker(worker: number | undefined, workers: number, what: string): number {
  const named = worker ?? (workers === 1 ? 0 : -1);
  if (named < 0 || named >= workers) throw new CorruptStoreError(`${what}, and none of number ${worker}`);
  return named;
}

/**
 * The record of an epoch that a stage may work on.
 *
 * @throws CorruptStoreError where there is none: plan writes it before any stage runs
 * @throws StaleEpochError where it is committed: another run was faster
 */
export function requireOpen(epoch: EpochNumber, record: EpochRecord | undefined): EpochRecord {
  if (record === undefined) throw new CorruptStoreError(`epoch ${epoch} has no record`);
  if (record.status === "committed") throw new StaleEpochError(`the log of epoch ${epoch}`, epoch, epoch);
  return record;
}

/**
 * Whether an earlier attempt at an epoch has written what is stored (I5); then there is nothing left to do.
 *
 * @param what its name, for the error
 * @param stored undefined where there is nothing yet
 * @throws StaleEpochError where a later epoch has written it: another run was faster
 */
export function isWrittenIn(
  epoch: EpochNumber,
  what: string,
  stored: { readonly epoch: EpochNumber } | undefined,
): boolean {
  if (stored === undefined) return false;
  if (stored.epoch > epoch) throw new StaleEpochError(what, epoch, stored.epoch);
  return stored.epoch === epoch;
}
