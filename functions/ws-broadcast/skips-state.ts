import type { EpochRecord } from "#src/domain/epoch.ts";
import { noSeries } from "#src/domain/series.ts";
import { encodeSkipsSnapshot } from "#src/wire/push-protocol.ts";
import { decodeSeries, seriesKey } from "#src/wire/series-codec.ts";
import { endingsAt, viewEndings } from "#src/wire/skips-view.ts";
import type { ChannelSources, ChannelState } from "./channel-state.ts";

/** How today's plays ended. Versions are numbered by the epochs that changed it; another day is another log. */
export async function skipsState(
  publications: ChannelSources["publications"],
  committed: EpochRecord,
  log: string,
): Promise<ChannelState> {
  const published = await publications.read(seriesKey);
  const { day } = published === undefined ? noSeries : decodeSeries(published.body);
  const { epoch, now } = committed;
  const changedIn = endingsAt(day, now)?.epoch ?? 0;
  const version = { log, seq: changedIn };
  return {
    version,
    changedIn,
    encodeSnapshot: () => encodeSkipsSnapshot({ ...version, epoch, now, ...viewEndings(day, now) }),
  };
}
