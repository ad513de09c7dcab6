import { chartsOf, nominateFor } from "#src/domain/charted-counters.ts";
import { readCounted } from "#src/domain/claimed-plays.ts";
import type { Counter, CounterDelta } from "#src/domain/counter.ts";
import { CounterFold } from "#src/domain/counter-fold.ts";
import {
  countAsDuplicates,
  type EpochNumber,
  type EpochRecord,
  epochCounts,
  requireOpen,
  type StageFigures,
} from "#src/domain/epoch.ts";
import type { EventId } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { newestOf } from "#src/domain/recent-feed.ts";
import type { SamplePlay } from "#src/domain/segment.ts";
import { SeriesFold } from "#src/domain/series.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import type { RejectStore } from "#src/ports/reject-store.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { decodeSegment } from "#src/wire/segment-codec.ts";
import { ChartDrafts } from "./chart-drafts.ts";
import { correctTotals } from "./correct-totals.ts";
import { type DimensionTopsDeps, publishTops } from "./dimension-tops.ts";
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
}

/** Counters are applied this many at a time, so that memory holds one slice of their totals. */
const sliceSize = 1000;
const songPrefix = "SONG#";

/**
 * The MapReduce stage: sums an epoch's segments into one delta per counter, applies each once (I5), and derives the
 * charts from the totals that come back (I6). Doing it again changes nothing.
 */
export function createReduceHandler(deps: ReduceDeps): (input: ReduceInput) => Promise<StageFigures> {
  return async ({ epoch }) => {
    const startedAt = deps.clock();
    const record = requireOpen(epoch, await deps.epochs.read(epoch));
    if (record.correction !== undefined) return await correctTotals(deps, record);
    const fold = new CounterFold(record.now);
    const series = new SeriesFold();
    const { segments, newest, shardsWithRejects } = await foldSegments(deps, record, fold, series);
    const drafts = new ChartDrafts(deps.publications, record);
    let countKeys = 0;
    const all = fold.deltas();
    for (let i = 0; i < all.length; i += sliceSize) {
      const deltas = all.slice(i, i + sliceSize);
      const counters = await deps.counters.apply(epoch, record.now, deltas);
      for (const [at, delta] of deltas.entries()) {
        const counter = counters[at];
        if (counter !== undefined) await offer(drafts, delta, counter, record);
        if (delta.key.startsWith(songPrefix)) countKeys += 1;
      }
    }
    const charts = await drafts.write();
    await publishRecent(deps.publications, epoch, newest);
    await publishSeries(deps.publications, epoch, series);
    const publishedAt = deps.clock();
    await writeRejects(deps, record, shardsWithRejects); // charts do not wait for these two
    await publishTops(deps, record);
    const figures = {
      processingMs: deps.clock() - startedAt,
      publishedAt,
      segments,
      countKeys,
      counters: fold.size,
      charts,
      ...countAsDuplicates(epochCounts(record), fold.repeats),
      repeats: fold.repeats.plays + fold.repeats.unqualified,
    };
    deps.metrics.record("MapReduceTime", figures.processingMs, "Milliseconds");
    deps.metrics.record("CountKeys", figures.countKeys);
    deps.metrics.record("EpochPlays", figures.plays);
    return figures;
  };
}

/**
 * Reads every segment of the epoch before anything is written: a gap throws here (I4). Then claims the ids of marked plays,
 * before anything is counted (I3).
 */
async function foldSegments(
  deps: ReduceDeps,
  record: EpochRecord,
  fold: CounterFold,
  series: SeriesFold,
): Promise<{
  readonly segments: number;
  readonly newest: readonly SamplePlay[];
  readonly shardsWithRejects: ReadonlySet<ShardKey>;
}> {
  const shardsWithRejects = new Set<ShardKey>();
  let segments = 0;
  let newest: readonly SamplePlay[] = [];
  const claim = (ids: readonly EventId[]) => deps.claims.claim(record.epoch, ids);
  for await (const { shard, contents, repeats } of readCounted(record, deps.segments, decodeSegment, claim)) {
    fold.add(contents);
    fold.addRepeats(repeats);
    series.add(contents);
    newest = newestOf(newest, contents.sample);
    if (contents.rejects.length > 0) shardsWithRejects.add(shard);
    segments += 1;
  }
  return { segments, newest, shardsWithRejects };
}

async function offer(
  drafts: ChartDrafts,
  delta: CounterDelta,
  counter: Counter,
  { now }: EpochRecord,
): Promise<void> {
  const charted = chartsOf(delta.key);
  if (charted !== undefined) await drafts.offer(charted.list, nominateFor(charted, delta, counter, now));
}
