import type { EpochRecord } from "#src/domain/epoch.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import {
  type Channel,
  type ChartChannel,
  encodeChartSnapshot,
  encodeRecentSnapshot,
  encodeSkipsSnapshot,
  encodeStatsSnapshot,
  type Topic,
  topicOf,
} from "#src/wire/push-protocol.ts";
import { viewEndings } from "#src/wire/skips-view.ts";
import { viewStats } from "#src/wire/stats-view.ts";
import type { ChannelSources, ChannelState } from "./channel-state.ts";
import { chartState } from "./chart-state.ts";
import { recentState } from "./recent-state.ts";
import { skipsState } from "./skips-state.ts";
import { statsState } from "./stats-state.ts";

/** The newest epoch whose charts are all published; undefined before the first. */
export async function latestCommitted(epochs: EpochLog): Promise<EpochRecord | undefined> {
  const latest = await epochs.latest();
  if (latest === undefined || latest.status === "committed") return latest;
  return epochs.read((latest.epoch - 1) as typeof latest.epoch);
}

/** Reads a channel as it stands at `committed`; before the first epoch it is empty and its log has no name. */
export function readChannel(
  sources: ChannelSources,
  committed: EpochRecord | undefined,
  channel: Channel,
): Promise<ChannelState> {
  const topic = topicOf(channel);
  if (committed === undefined) return Promise.resolve(emptyState(channel, topic));
  const log = logOf(committed, channel);
  switch (topic.kind) {
    case "chart":
      return chartState(sources.publications, committed, channel as ChartChannel, topic, log);
    case "stats":
      return statsState(sources, committed, log);
    case "skips":
      return skipsState(sources.publications, committed, log);
    case "recent":
      return recentState(sources.publications, committed, log);
  }
}

/** The name of a channel's log: another window instance or another store has another one. */
export function logOf(record: EpochRecord, channel: Channel): string {
  return `${record.storeId}/${nameOf(record, topicOf(channel))}`;
}

function nameOf({ windows }: EpochRecord, topic: Topic): string {
  if (topic.kind === "chart") return windows[topic.window];
  return topic.kind === "skips" ? windows.day : topic.kind;
}

function emptyState(channel: Channel, topic: Topic): ChannelState {
  const version = { log: "", seq: 0 };
  return { version, changedIn: 0, encodeSnapshot: () => encodeEmpty(channel, topic) };
}

function encodeEmpty(channel: Channel, topic: Topic): string {
  const head = { log: "", seq: 0, epoch: 0, now: 0 };
  switch (topic.kind) {
    case "chart":
      return encodeChartSnapshot({ channel: channel as ChartChannel, ...head, total: 0, entries: [] });
    case "stats":
      return encodeStatsSnapshot({ ...head, stats: viewStats(undefined, undefined), minutes: [] });
    case "skips":
      return encodeSkipsSnapshot({ ...head, ...viewEndings(undefined, 0) });
    case "recent":
      return encodeRecentSnapshot(head, []);
  }
}
