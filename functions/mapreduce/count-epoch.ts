import { chartsOf, nominateFor } from "#src/domain/charted-counters.ts";
import { readCounted } from "#src/domain/claimed-plays.ts";
import type { CounterDelta } from "#src/domain/counter.ts";
import { CounterFold } from "#src/domain/counter-fold.ts";
import type { EpochRecord } from "#src/domain/epoch.ts";
import type { EventId } from "#src/domain/play.ts";
import type { ShardKey } from "#src/domain/position.ts";
import { newestOf } from "#src/domain/recent-feed.ts";
import type { SamplePlay } from "#src/domain/segment.ts";
import { SeriesFold } from "#src/domain/series.ts";
import { slices } from "#src/domain/slices.ts";
import type { WorkShare } from "#src/domain/work-share.ts";
import type { ClaimStore } from "#src/ports/claim-store.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import { KnownNames } from "#src/wire/known-names.ts";
import { decodeSegment } from "#src/wire/segment-codec.ts";
import type { ChartDrafts } from "./chart-drafts.ts";
import { claimInTurn } from "./claim-in-turn.ts";

export interface FoldDeps {
  readonly segments: SegmentStore;
  readonly claims: ClaimStore;
}

/** What a worker reads out of an epoch's segments. */
export interface FoldedEpoch {
  /** Of the worker's own counters. */
  readonly fold: CounterFold;
  /** Of all plays, where it was asked for. */
  readonly series: SeriesFold | undefined;
  readonly segments: number;
  readonly newest: readonly SamplePlay[];
  /** The latest start of a play, epoch ms; -Infinity where there is none. */
  readonly newestStart: number;
  readonly shardsWithRejects: ReadonlySet<ShardKey>;
}

/**
 * Reads every segment of the epoch before anything is written: a gap throws here (I4). Then claims the ids of marked plays,
 * before anything is counted (I3).
 */
export async function foldEpoch(
  deps: FoldDeps,
  record: EpochRecord,
  share: WorkShare,
  wantsSeries: boolean,
): Promise<FoldedEpoch> {
  const fold = new CounterFold(record.now, share);
  const series = wantsSeries ? new SeriesFold() : undefined;
  const shardsWithRejects = new Set<ShardKey>();
  let segments = 0;
  let newest: readonly SamplePlay[] = [];
  let newestStart = Number.NEGATIVE_INFINITY;
  const claim = (ids: readonly EventId[]) => claimInTurn(deps.claims, record.epoch, ids, share);
  const known = new KnownNames();
  const decode = (body: Uint8Array) => decodeSegment(body, known);
  for await (const { shard, contents, repeats } of readCounted(record, deps.segments, decode, claim)) {
    fold.add(contents);
    fold.addRepeats(repeats);
    series?.add(contents);
    newest = newestOf(newest, contents.sample);
    newestStart = greatest(contents.facts.startedAt, newestStart);
    if (contents.rejects.length > 0) shardsWithRejects.add(shard);
    segments += 1;
  }
  return { fold, series, segments, newest, newestStart, shardsWithRejects };
}

function greatest(values: Float64Array, least: number): number {
  let found = least;
  for (const value of values) if (value > found) found = value;
  return found;
}

/** Counters are made and applied this many at a time, so that memory holds one slice of their totals. */
const sliceSize = 1000;

/** Applies each delta once (I5), and offers the totals that come back to the charts (I6). */
export async function applyDeltas(
  counters: CounterStore,
  record: EpochRecord,
  deltas: Iterable<CounterDelta>,
  drafts: ChartDrafts,
): Promise<void> {
  for (const slice of slices(deltas, sliceSize)) {
    const totals = await counters.apply(record.epoch, record.now, slice);
    for (const [at, delta] of slice.entries()) {
      const [charted, counter] = [chartsOf(delta.key), totals[at]];
      if (charted === undefined || counter === undefined) continue;
      const { list } = charted;
      const nominations = nominateFor(charted, delta, counter, record.now, drafts.admissionTo(list));
      if (nominations.length > 0) await drafts.offer(list, nominations);
    }
  }
}
