import type { EpochNumber } from "#src/domain/epoch.ts";
import { StaleEpochError } from "#src/domain/errors.ts";
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
  if (published !== undefined && published.epoch > epoch)
    throw new StaleEpochError(seriesKey, epoch, published.epoch);
  if (published?.epoch === epoch) return;
  const series = published === undefined ? noSeries : decodeSeries(published.body);
  const next = added.addTo(series, epoch);
  if (next !== series) await publications.write(seriesKey, { epoch, body: encodeSeries(next) });
}
