import type { EpochRecord } from "#src/domain/epoch.ts";
import { noSeries } from "#src/domain/series.ts";
import { viewMinute } from "#src/wire/minutes.ts";
import { utf8Length } from "#src/wire/play-codec.ts";
import { encodeStatsDelta, encodeStatsSnapshot } from "#src/wire/push-protocol.ts";
import { decodeSeries, seriesKey } from "#src/wire/series-codec.ts";
import { viewStats } from "#src/wire/stats-view.ts";
import type { ChannelSources, ChannelState } from "./channel-state.ts";

/** All-time totals and the last hour's minutes. Every epoch is a version. */
export async function statsState(
  { publications, epochs }: ChannelSources,
  committed: EpochRecord,
  log: string,
): Promise<ChannelState> {
  const [published, verification] = await Promise.all([
    publications.read(seriesKey),
    epochs.readVerification(),
  ]);
  const { minutes } = published === undefined ? noSeries : decodeSeries(published.body);
  const { epoch, now } = committed;
  const version = { log, seq: epoch };
  const head = { ...version, epoch, now, stats: viewStats(committed, verification) };
  const snapshot = encodeStatsSnapshot({ ...head, minutes: minutes.map(viewMinute) });
  const deltaSince = (from: number): string | undefined => {
    if (from < 1 || from >= epoch) return undefined;
    const changed = minutes.filter((minute) => minute.epoch > from).map(viewMinute);
    const delta = encodeStatsDelta({ ...head, from, minutes: changed });
    return utf8Length(delta) < utf8Length(snapshot) ? delta : undefined;
  };
  return {
    version,
    changedIn: epoch,
    encodeSnapshot: () => snapshot,
    readDeltas(held) {
      const delta = deltaSince(held);
      return Promise.resolve(delta === undefined ? undefined : [delta]);
    },
    readDeltaOf: (wanted) => Promise.resolve(deltaSince(wanted - 1)),
  };
}
