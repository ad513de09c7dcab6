import { sumDeltas } from "#src/domain/counter-fold.ts";
import {
  countAsDuplicates,
  type EpochNumber,
  epochCounts,
  requireOpen,
  type StageFigures,
} from "#src/domain/epoch.ts";
import { readShares, slowestMs, sumOf } from "#src/domain/left-shares.ts";
import type { PlayCounts } from "#src/domain/totals.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { CounterStore } from "#src/ports/counter-store.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { decodeCountersShare, shareKeys } from "#src/wire/share-codec.ts";
import { ChartDrafts } from "./chart-drafts.ts";
import { KnownCharts } from "./known-charts.ts";

export interface ChartsDeps {
  readonly epochs: Pick<EpochLog, "read">;
  readonly counters: Pick<CounterStore, "apply">;
  readonly publications: PublicationStore;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

export interface ChartsInput {
  readonly epoch: EpochNumber;
}

/**
 * The last step of MapReduce in an epoch with several workers: writes the charts from what each of them left, and the sums
 * over all of them. Doing it again changes nothing.
 */
export function createChartsHandler(deps: ChartsDeps): (input: ChartsInput) => Promise<StageFigures> {
  const known = new KnownCharts();
  return async ({ epoch }) => {
    const startedAt = deps.clock();
    const record = requireOpen(epoch, await deps.epochs.read(epoch));
    const keys = shareKeys("counters", record.workers ?? 1);
    const shares = await readShares(deps.publications, epoch, keys, decodeCountersShare, "nothing");
    const repeats = shares[0]?.repeats ?? noPlays; // every worker saw all of them
    const sums = sumDeltas(
      shares.flatMap(({ songs }) => songs),
      repeats,
    );
    await deps.counters.apply(epoch, record.now, sums);
    const drafts = new ChartDrafts(deps.publications, record, known);
    for (const { list, window, candidates } of shares.flatMap(({ charts }) => charts)) {
      const nominations = candidates.map((candidate) => ({ window, candidate }));
      await drafts.offer(list, nominations);
    }
    const charts = await drafts.write();
    const publishedAt = deps.clock();
    const figures = {
      processingMs: slowestMs(shares) + publishedAt - startedAt,
      publishedAt,
      segments: shares[0]?.figures["segments"] ?? 0,
      countKeys: sumOf(shares, "countKeys"),
      counters: sumOf(shares, "counters") + sums.length,
      charts,
      ...countAsDuplicates(epochCounts(record), repeats),
      repeats: repeats.plays + repeats.unqualified,
      workers: shares.length,
    };
    deps.metrics.record("ChartsTime", publishedAt - startedAt, "Milliseconds");
    return figures;
  };
}

const noPlays: PlayCounts = { plays: 0, unqualified: 0 };
