import type { Chart } from "#src/domain/chart.ts";
import type { EpochNumber, EpochRecord } from "#src/domain/epoch.ts";
import type { WindowId } from "#src/domain/windows.ts";
import { chartKey, decodeChart } from "#src/wire/chart-codec.ts";
import { type ChartDeltaRecord, decodeDeltaRecord, deltaKey, deltaRingSize } from "#src/wire/chart-delta.ts";
import { decayOf, viewShown } from "#src/wire/chart-view.ts";
import { utf8Length } from "#src/wire/play-codec.ts";
import {
  type ChartChannel,
  encodeChartDelta,
  encodeChartSnapshot,
  type Topic,
} from "#src/wire/push-protocol.ts";
import type { ChannelSources, ChannelState } from "./channel-state.ts";

type ChartTopic = Extract<Topic, { kind: "chart" }>;
type Publications = ChannelSources["publications"];

/** A chart of the window instance that is current at `committed`. */
export async function chartState(
  publications: Publications,
  committed: EpochRecord,
  channel: ChartChannel,
  topic: ChartTopic,
  log: string,
): Promise<ChannelState> {
  const key = chartKey(topic.list, committed.windows[topic.window]);
  const publication = await publications.read(key);
  const chart: Chart | undefined = publication && decodeChart(publication.body, key);
  const version = { log, seq: chart?.seq ?? 0 };
  const { epoch, now } = committed;
  const current = { channel, log, epoch, now };
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
  readonly #publications: Publications;
  readonly #topic: ChartTopic;
  readonly #instance: WindowId;

  constructor(publications: Publications, topic: ChartTopic, instance: WindowId) {
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
