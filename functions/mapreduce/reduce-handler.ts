import { sumDeltas } from "#src/domain/counter-fold.ts";
import {
  countAsDuplicates,
  type EpochNumber,
  type EpochRecord,
  epochCounts,
  isWrittenIn,
  requireOpen,
  type StageFigures,
  shareOf,
} from "#src/domain/epoch.ts";
import { type WorkShare, wholeWork } from "#src/domain/work-share.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import type { RejectStore } from "#src/ports/reject-store.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { decodeCountersShare, encodeCountersShare, shareKey } from "#src/wire/share-codec.ts";
import { ChartDrafts } from "./chart-drafts.ts";
import { correctTotals } from "./correct-totals.ts";
import { applyDeltas, type FoldedEpoch, foldEpoch } from "./count-epoch.ts";
import { type DimensionTopsDeps, publishTops } from "./dimension-tops.ts";
import { KnownCharts } from "./known-charts.ts";
import { publishRecent } from "./publish-recent.ts";
import { publishSeries } from "./publish-series.ts";
import { writeRejects } from "./reject-writer.ts";

export interface ReduceDeps extends DimensionTopsDeps {
  readonly epochs: EpochLog;
  readonly segments: SegmentStore;
  readonly claims: ClaimStore;
  readonly counters: CounterStore;
  readonly publications: PublicationStore;
  readonly rejects: Pick<RejectStore, "write" | "remove">;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

export interface ReduceInput {
  readonly epoch: EpochNumber;
  /** Which of the epoch's workers this is. @default the only one */
  readonly worker?: number;
}

/**
 * The MapReduce stage: sums an epoch's segments into one delta per counter, applies each once (I5), and derives the
 * charts from the totals that come back (I6). Of an epoch with several workers each does this for its own counters, and
 * leaves what may change a chart for the step after them (charts-handler.ts). Doing it again changes nothing.
 */
export function createReduceHandler(deps: ReduceDeps): (input: ReduceInput) => Promise<StageFigures> {
  const known = new KnownCharts();
  return async ({ epoch, worker }) => {
    const record = requireOpen(epoch, await deps.epochs.read(epoch));
    if (record.correction !== undefined) return await correctTotals(deps, record);
    const share = shareOf(record, worker);
    return share.workers === 1
      ? await reduceAll(deps, record, known)
      : await reduceShare(deps, record, share, known);
  };
}

async function reduceAll(deps: ReduceDeps, record: EpochRecord, known: KnownCharts): Promise<StageFigures> {
  const startedAt = deps.clock();
  const { epoch } = record;
  const folded = await foldEpoch(deps, record, wholeWork, true);
  const { fold } = folded;
  const drafts = new ChartDrafts(deps.publications, record, known);
  const sums = sumDeltas(fold.songSums, fold.repeats);
  await applyDeltas(deps.counters, record, joined(sums, fold.deltas()), drafts);
  const charts = await drafts.write();
  await publishPlays(deps, epoch, folded);
  const publishedAt = deps.clock();
  await writeRejects(deps, record, folded.shardsWithRejects); // charts do not wait for these two
  await publishTops(deps, record, folded.newestStart);
  const figures = {
    processingMs: deps.clock() - startedAt,
    publishedAt,
    segments: folded.segments,
    countKeys: fold.songs,
    counters: fold.size + sums.length,
    charts,
    ...countAsDuplicates(epochCounts(record), fold.repeats),
    repeats: fold.repeats.plays + fold.repeats.unqualified,
  };
  deps.metrics.record("MapReduceTime", figures.processingMs, "Milliseconds");
  deps.metrics.record("CountKeys", figures.countKeys);
  deps.metrics.record("EpochPlays", figures.plays);
  return figures;
}

function* joined<T>(first: Iterable<T>, then: Iterable<T>): IterableIterator<T> {
  yield* first;
  yield* then;
}

/** What is done once an epoch, by the worker that it is for: as many as there are, so that none does all of it. */
const dutyOf = { plays: 0, tops: 1, rejects: 2 } as const;

/**
 * One worker's part. What it leaves for the charts it writes last: whoever finds that of the epoch knows that the rest is
 * done as well, so that an epoch that is resumed begins where it failed.
 */
async function reduceShare(
  deps: ReduceDeps,
  record: EpochRecord,
  share: WorkShare,
  known: KnownCharts,
): Promise<StageFigures> {
  const startedAt = deps.clock();
  const { epoch } = record;
  const key = shareKey("counters", share.worker);
  const left = await deps.publications.read(key);
  if (left !== undefined && isWrittenIn(epoch, key, left)) return decodeCountersShare(key, left.body).figures;
  const isFor = (duty: number): boolean => duty % share.workers === share.worker;
  const folded = await foldEpoch(deps, record, share, isFor(dutyOf.plays));
  const { fold } = folded;
  const drafts = new ChartDrafts(deps.publications, record, known);
  await applyDeltas(deps.counters, record, fold.deltas(), drafts);
  if (isFor(dutyOf.plays)) await publishPlays(deps, epoch, folded);
  if (isFor(dutyOf.rejects)) await writeRejects(deps, record, folded.shardsWithRejects);
  if (isFor(dutyOf.tops)) await publishTops(deps, record, folded.newestStart);
  const figures = {
    processingMs: deps.clock() - startedAt,
    segments: folded.segments,
    countKeys: fold.songs,
    counters: fold.size,
  };
  const { songSums: songs, repeats } = fold;
  const body = encodeCountersShare({ songs, repeats, charts: drafts.offered(), figures });
  await deps.publications.write(key, { epoch, body });
  deps.metrics.record("MapReduceTime", figures.processingMs, "Milliseconds");
  deps.metrics.record("CountKeys", figures.countKeys);
  if (isFor(dutyOf.plays))
    deps.metrics.record("EpochPlays", countAsDuplicates(epochCounts(record), repeats).plays);
  return figures;
}

/** The feed of recent plays and the series of minutes. */
async function publishPlays(
  { publications }: Pick<ReduceDeps, "publications">,
  epoch: EpochNumber,
  { newest, series }: FoldedEpoch,
): Promise<void> {
  await publishRecent(publications, epoch, newest);
  if (series !== undefined) await publishSeries(publications, epoch, series);
}
