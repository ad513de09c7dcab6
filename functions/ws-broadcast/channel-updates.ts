import type { EpochRecord } from "#src/domain/epoch.ts";
import { type Frame, packFrames } from "#src/wire/push-frame.ts";
import type { Channel } from "#src/wire/push-protocol.ts";
import type { ChannelSources } from "./channel-state.ts";
import { logOf, readChannel } from "./read-channel.ts";

/** Sets of channels whose frames are remembered within an epoch. */
const mostFrames = 100;

/** What an epoch has to say in a channel. */
export interface ChannelUpdate {
  readonly message: string;
  /** Of the message, UTF-8. */
  readonly bytes: number;
  /** Where the message is a delta: what the snapshot would have taken, UTF-8. */
  readonly snapshotBytes: number | undefined;
}

export interface UpdateFigures {
  /** Channels that had something new and a subscriber: each has one message, however many get it. */
  readonly channels: number;
  /** How many of those messages were deltas. */
  readonly deltas: number;
  readonly deltaBytes: number;
  /** What snapshots would have taken in place of the deltas. */
  readonly snapshotBytes: number;
}

/** What one epoch has to say, channel by channel. A channel is read once, when somebody turns out to listen to it. */
export class ChannelUpdates {
  readonly #sources: ChannelSources;
  readonly #record: EpochRecord;
  readonly #previous: EpochRecord | undefined;
  readonly #reads = new Map<Channel, Promise<ChannelUpdate | undefined>>();
  /** By the channels that a connection listens to: most listen to the same. */
  readonly #frames = new Map<string, Promise<readonly Frame[]>>();
  readonly #updates: ChannelUpdate[] = [];
  readonly #failures: unknown[] = [];

  /** @param previous the epoch before; undefined for the first */
  constructor(sources: ChannelSources, record: EpochRecord, previous: EpochRecord | undefined) {
    this.#sources = sources;
    this.#record = record;
    this.#previous = previous;
  }

  /** What a connection that listens to these channels gets; nothing of one without news or that cannot be read. */
  framesFor(channels: readonly Channel[]): Promise<readonly Frame[]> {
    const key = channels.join(" ");
    let frames = this.#frames.get(key);
    if (frames === undefined) {
      frames = this.#pack(channels);
      if (this.#frames.size < mostFrames) this.#frames.set(key, frames);
    }
    return frames;
  }

  /** Why channels could not be read. */
  get failures(): readonly unknown[] {
    return this.#failures;
  }

  figures(): UpdateFigures {
    const deltas = this.#updates.filter(({ snapshotBytes }) => snapshotBytes !== undefined);
    return {
      channels: this.#updates.length,
      deltas: deltas.length,
      deltaBytes: deltas.reduce((sum, { bytes }) => sum + bytes, 0),
      snapshotBytes: deltas.reduce((sum, { snapshotBytes = 0 }) => sum + snapshotBytes, 0),
    };
  }

  async #pack(channels: readonly Channel[]): Promise<readonly Frame[]> {
    const updates = await Promise.all(channels.map((channel) => this.#of(channel)));
    return packFrames(updates.flatMap((update) => (update === undefined ? [] : [update.message])));
  }

  /** What the channel's subscribers get; undefined where nothing is new, or where it cannot be read. */
  #of(channel: Channel): Promise<ChannelUpdate | undefined> {
    let read = this.#reads.get(channel);
    if (read === undefined) {
      read = this.#note(channel);
      this.#reads.set(channel, read);
    }
    return read;
  }

  async #note(channel: Channel): Promise<ChannelUpdate | undefined> {
    try {
      const update = await this.#read(channel);
      if (update !== undefined) this.#updates.push(update);
      return update;
    } catch (cause) {
      this.#failures.push(cause);
      return undefined;
    }
  }

  async #read(channel: Channel): Promise<ChannelUpdate | undefined> {
    const record = this.#record;
    const state = await readChannel(this.#sources, record, channel);
    const rolledOver =
      this.#previous === undefined || logOf(this.#previous, channel) !== logOf(record, channel);
    // A chart that a later epoch has already changed again is sent too: it holds what this epoch changed.
    if (!rolledOver && state.changedIn < record.epoch) return undefined;
    const delta = rolledOver ? undefined : await state.readDeltaOf?.(record.epoch);
    const message = delta ?? state.encodeSnapshot();
    const snapshotBytes = delta === undefined ? undefined : Buffer.byteLength(state.encodeSnapshot());
    return { message, bytes: Buffer.byteLength(message), snapshotBytes };
  }
}
