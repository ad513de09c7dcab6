import { type ChartDraft, draftChart } from "#src/domain/chart.ts";
import type { EpochNumber } from "#src/domain/epoch.ts";
import { allTime } from "#src/domain/windows.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { chartKey, decodeChart, encodeChart } from "#src/wire/chart-codec.ts";

/** The chart of listeners. */
export const listenersKey = chartKey("listeners", allTime);

/** Opens the next version of the chart of listeners. */
export async function openListeners(publications: PublicationStore): Promise<ChartDraft> {
  const published = await publications.read(listenersKey);
  return draftChart("listeners", allTime, published && decodeChart(published.body, listenersKey));
}

/** Writes the chart where it changed. */
export async function writeListeners(
  publications: PublicationStore,
  epoch: EpochNumber,
  chart: ChartDraft,
): Promise<void> {
  const next = chart.finish(epoch);
  if (next !== undefined) await publications.write(listenersKey, { epoch, body: encodeChart(next) });
}
