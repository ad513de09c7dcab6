import type { Chart } from "#src/domain/chart.ts";
import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import type { Play } from "#src/domain/play.ts";
import type { WindowId } from "#src/domain/windows.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import { chartKey, decodeChart } from "#src/wire/chart-codec.ts";
import { type ChartDeltaRecord, decodeDeltaRecord, deltaKey, deltaRingSize } from "#src/wire/chart-delta.ts";
import { decayOf, viewShown } from "#src/wire/chart-view.ts";
import { utf8Length } from "#src/wire/play-codec.ts";
import {
  type Channel,
  type ChartChannel,
  encodeChartDelta,
  encodeChartSnapshot,
  encodeRecentSnapshot,
  encodeStatsSnapshot,
  type Topic,
  topicOf,
  type Version,
} from "#src/wire/push-protocol.ts";
import { decodeRecent, recentKey } from "#src/wire/recent-codec.ts";
import { viewStats } from "#src/wire/stats-view.ts";

type ChartTopic = Extract<Topic, { kind: "chart" }>;

/** What a channel carries at a committed epoch. */
export interface ChannelState {
  readonly version: Version;
  /** The epoch that last changed it; 0 where nothing was published. */
  readonly changedIn: number;
  /** The frame with the newest entries. */
  encodeSnapshot(): string;
  /**
   * What brings a client that holds version `seq` of this log up to date, oldest first: the deltas that are missing, or
   * undefined where they are not kept any more or a snapshot is no longer than they are.
   */
  readDeltas?(seq: number): Promise<readonly string[] | undefined>;
  /** The delta that an epoch added, where a client can use it and it is shorter than a snapshot. */
  readDeltaOf?(epoch: EpochNumber): Promise<string | undefined>;
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
  topic: ChartTopic,
): Promise<ChannelState> {
  const key = chartKey(topic.list, committed.windows[topic.window]);
  const publication = await publications.read(key);
  const chart: Chart | undefined = publication && decodeChart(publication.body, key);
  const version = { log: logOf(committed, channel), seq: chart?.seq ?? 0 };
  const { epoch, now } = committed;
  const current = { channel, log: version.log, epoch, now };
  let snapshot: string | undefined;
  const buildSnapshot = () => {
    const entries = chart === undefined ? [] : viewShown(chart, topic.window);
    const total = chart?.entries.length ?? 0;
    const decay = decayOf(topic.window, now);
    return encodeChartSnapshot({ ...current, ...version, total, ...(decay && { decay }), entries });
  };
  // Compared with, and then often sent.
  const encodeSnapshot = () => {
    snapshot ??= buildSnapshot();
    return snapshot;
  };
  const isShorter = (frames: readonly string[]) => utf8Length(frames.join("")) < utf8Length(encodeSnapshot());
  const kept = new KeptDeltas(publications, topic, committed.windows[topic.window]);
  const encodeDelta = (delta: ChartDeltaRecord) => encodeChartDelta({ ...current, seq: delta.seq }, delta);
  return {
    version,
    changedIn: chart?.epoch ?? 0,
    encodeSnapshot,
    async readDeltas(seq) {
      const deltas = await kept.between(seq, version.seq);
      const frames = deltas?.map(encodeDelta);
      return frames !== undefined && isShorter(frames) ? frames : undefined;
    },
    async readDeltaOf(wanted) {
      const delta = await kept.ofEpoch(wanted, version.seq);
      const frame = delta && encodeDelta(delta);
      return frame !== undefined && isShorter([frame]) ? frame : undefined;
    },
  };
}

/** The ring of a chart's last changes, of which some belong to an earlier instance of the window. */
class KeptDeltas {
  readonly #publications: PublicationStore;
  readonly #topic: ChartTopic;
  readonly #instance: WindowId;

  constructor(publications: PublicationStore, topic: ChartTopic, instance: WindowId) {
    this.#publications = publications;
    this.#topic = topic;
    this.#instance = instance;
  }

  /** The changes after `from` up to `to`, or undefined where one of them is gone. */
  async between(from: number, to: number): Promise<readonly ChartDeltaRecord[] | undefined> {
    if (from < 1 || from > to || to - from > deltaRingSize) return undefined;
    const seqs = Array.from({ length: to - from }, (_, i) => from + 1 + i);
    const found = await Promise.all(seqs.map((seq) => this.#read(seq)));
    const deltas = found.flatMap((slot) => (slot === undefined ? [] : [slot.delta]));
    return deltas.length === seqs.length ? deltas : undefined;
  }

  /** What `epoch` changed; later epochs may have changed the chart again, up to version `newest`. */
  async ofEpoch(epoch: EpochNumber, newest: number): Promise<ChartDeltaRecord | undefined> {
    for (let seq = newest; seq > Math.max(0, newest - deltaRingSize); seq--) {
      const slot = await this.#read(seq);
      if (slot === undefined || slot.epoch < epoch) return undefined;
      if (slot.epoch === epoch) return slot.delta;
    }
    return undefined;
  }

  async #read(seq: number) {
    const key = deltaKey(this.#topic.list, this.#topic.window, seq);
    const published = await this.#publications.read(key);
    if (published === undefined) return undefined;
    const delta = decodeDeltaRecord(key, published.body);
    const isIt = delta.seq === seq && delta.window === this.#instance;
    return isIt ? { epoch: published.epoch, delta } : undefined;
  }
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
