import type { Chart } from "#src/domain/chart.ts";
import { type EpochNumber, type EpochRecord, requireOpen, type StageFigures } from "#src/domain/epoch.ts";
import type { TrendingSong } from "#src/domain/recommend.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { Metrics } from "#src/ports/metrics.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { chartKey, decodeChart } from "#src/wire/chart-codec.ts";
import { encodeTrending, trendingKey } from "#src/wire/trending-codec.ts";

export interface RecommendationDeps {
  readonly epochs: EpochLog;
  readonly publications: PublicationStore;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

export interface RecommendationInput {
  readonly epoch: EpochNumber;
}

/**
 * The Recommendation stage: publishes the lists that recommendations are picked from when they are read. What is hot
 * comes first; the all-time chart fills up for listeners who know all of that. Doing it again changes nothing.
 */
export function createRecommendationHandler(
  deps: RecommendationDeps,
): (input: RecommendationInput) => Promise<StageFigures> {
  return async ({ epoch }) => {
    const startedAt = deps.clock();
    const record = requireOpen(epoch, await deps.epochs.read(epoch));
    const hot = await readSongs(deps, record, "hot");
    const all = await readSongs(deps, record, "all");
    const isHot = new Set(hot.map((song) => song.id));
    const songs = [...hot, ...all.filter((song) => !isHot.has(song.id))];
    const body = encodeTrending({ songs });
    const published = await deps.publications.read(trendingKey);
    if (published?.body !== body) await deps.publications.write(trendingKey, { epoch, body });
    const figures = { processingMs: deps.clock() - startedAt, trending: songs.length };
    deps.metrics.record("RecommendationTime", figures.processingMs, "Milliseconds");
    deps.metrics.record("Trending", figures.trending);
    return figures;
  };
}

async function readSongs(
  deps: RecommendationDeps,
  record: EpochRecord,
  window: TrendingSong["window"],
): Promise<readonly TrendingSong[]> {
  const key = chartKey("songs", record.windows[window]);
  const published = await deps.publications.read(key);
  const chart: Chart | undefined = published && decodeChart(published.body, key);
  return (chart?.entries ?? []).map((entry, index) => ({
    id: entry.id,
    artist: entry.artist,
    title: entry.title,
    rank: index + 1,
    window,
  }));
}
