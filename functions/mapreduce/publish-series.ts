import { type EpochNumber, isWrittenIn } from "#src/domain/epoch.ts";
import { noSeries, type SeriesFold } from "#src/domain/series.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { decodeSeries, encodeSeries, seriesKey } from "#src/wire/series-codec.ts";

/**
 * Adds an epoch's plays to the series of minutes. Doing it again changes nothing.
 *
 * @throws StaleEpochError where a later epoch has published the series
 */
export async function publishSeries(
  publications: PublicationStore,
  epoch: EpochNumber,
  added: SeriesFold,
): Promise<void> {
  const published = await publications.read(seriesKey);
  if (isWrittenIn(epoch, seriesKey, published)) return;
  const series = published === undefined ? noSeries : decodeSeries(published.body);
  const next = added.addTo(series, epoch);
  if (next !== series) await publications.write(seriesKey, { epoch, body: encodeSeries(next) });
}
