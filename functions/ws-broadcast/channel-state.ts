import type { Chart } from "#src/domain/chart.ts";
import type { EpochRecord } from "#src/domain/epoch.ts";
import type { Play } from "#src/domain/play.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { chartKey, decodeChart } from "#src/wire/chart-codec.ts";
import { viewChart } from "#src/wire/chart-view.ts";
import {
  type Channel,
  type ChartChannel,
  encodeChartSnapshot,
  encodeRecentSnapshot,
  encodeStatsSnapshot,
  maxSnapshotEntries,
  type Topic,
  topicOf,
  type Version,
} from "#src/wire/push-protocol.ts";
import { decodeRecent, recentKey } from "#src/wire/recent-codec.ts";
import { viewStats } from "#src/wire/stats-view.ts";

/** What a channel carries at a committed epoch. */
export interface ChannelState {
  readonly version: Version;
  /** The epoch that last changed it; 0 where nothing was published. */
  readonly changedIn: number;
  /** The frame with the newest entries. */
  encodeSnapshot(): string;
}

/** The newest epoch whose charts are all published; undefined before the first. */
export async function latestCommitted(epochs: EpochLog): Promise<EpochRecord | undefined> {
  const latest = await epochs.latest();
  if (latest === undefined || latest.status === "committed") return latest;
  return epochs.read((latest.epoch - 1) as typeof latest.epoch);
}

/** Reads a channel as it stands at `committed`; before the first epoch it is empty and its log has no name. */
export function readChannel(
  publications: PublicationStore,
  committed: EpochRecord | undefined,
  channel: Channel,
): Promise<ChannelState> {
  const topic = topicOf(channel);
  if (committed === undefined) return Promise.resolve(emptyState(channel, topic));
  if (topic.kind === "stats") return Promise.resolve(statsState(committed));
  if (topic.kind === "recent") return recentState(publications, committed);
  return chartState(publications, committed, channel as ChartChannel, topic);
}

/** The name of a channel's log: another window instance or another store has another one. */
export function logOf(record: EpochRecord, channel: Channel): string {
  const topic = topicOf(channel);
  return `${record.storeId}/${topic.kind === "chart" ? record.windows[topic.window] : topic.kind}`;
}

async function chartState(
  publications: PublicationStore,
  committed: EpochRecord,
  channel: ChartChannel,
  topic: Extract<Topic, { kind: "chart" }>,
): Promise<ChannelState> {
  const key = chartKey(topic.list, committed.windows[topic.window]);
  const publication = await publications.read(key);
  const chart: Chart | undefined = publication && decodeChart(publication.body, key);
  const version = { log: logOf(committed, channel), seq: chart?.seq ?? 0 };
  return {
    version,
    changedIn: chart?.epoch ?? 0,
    encodeSnapshot() {
      const { epoch, now } = committed;
      const entries = chart === undefined ? [] : viewChart(chart, topic.window, now, maxSnapshotEntries);
      const total = chart?.entries.length ?? 0;
      return encodeChartSnapshot({ channel, ...version, epoch, now, total, entries });
    },
  };
}

async function recentState(publications: PublicationStore, committed: EpochRecord): Promise<ChannelState> {
  const publication = await publications.read(recentKey);
  const version = { log: logOf(committed, "plays.recent"), seq: publication?.epoch ?? 0 };
  return {
    version,
    changedIn: publication?.epoch ?? 0,
    encodeSnapshot() {
      const plays: readonly Play[] = publication === undefined ? [] : decodeRecent(publication.body);
      const { epoch, now } = committed;
      return encodeRecentSnapshot({ channel: "plays.recent", ...version, epoch, now }, plays);
    },
  };
}

function statsState(committed: EpochRecord): ChannelState {
  const { epoch, now } = committed;
  const version = { log: logOf(committed, "stats"), seq: epoch };
  return {
    version,
    changedIn: epoch,
    encodeSnapshot: () =>
      encodeStatsSnapshot({ channel: "stats", ...version, epoch, now, stats: viewStats(committed) }),
  };
}

function emptyState(channel: Channel, topic: Topic): ChannelState {
  const version = { log: "", seq: 0 };
  const head = { ...version, epoch: 0, now: 0 };
  return {
    version,
    changedIn: 0,
    encodeSnapshot() {
      if (topic.kind === "stats") {
        return encodeStatsSnapshot({ channel: "stats", ...head, stats: viewStats(undefined) });
      }
      if (topic.kind === "recent") return encodeRecentSnapshot({ channel: "plays.recent", ...head }, []);
      return encodeChartSnapshot({ channel: channel as ChartChannel, ...head, total: 0, entries: [] });
    },
  };
}
