import type { EpochRecord } from "#src/domain/epoch.ts";
import type { Channel } from "#src/wire/push-protocol.ts";
import type { ChannelSources, ChannelState } from "./channel-state.ts";
import { readChannel } from "./read-channel.ts";

/**
 * The channels as of the newest committed epoch. What a container has read for one client serves all that ask in the same
 * epoch: a thousand that come back in one moment, and every ping.
 */
export class ChannelStates {
  readonly #sources: ChannelSources;
  #committed: EpochRecord | undefined;
  #states = new Map<Channel, Promise<ChannelState>>();

  constructor(sources: ChannelSources) {
    this.#sources = sources;
  }

  /** @param committed undefined before the first epoch */
  async of(committed: EpochRecord | undefined, channel: Channel): Promise<ChannelState> {
    if (committed === undefined) return readChannel(this.#sources, committed, channel);
    if (!isSameEpoch(this.#committed, committed)) {
      this.#committed = committed;
      this.#states = new Map();
    }
    const states = this.#states;
    const state = states.get(channel) ?? readChannel(this.#sources, committed, channel);
    states.set(channel, state);
    try {
      return await state;
    } catch (cause) {
      states.delete(channel); // the next one tries again
      throw cause;
    }
  }
}

const isSameEpoch = (a: EpochRecord | undefined, b: EpochRecord): boolean =>
  a?.storeId === b.storeId && a.epoch === b.epoch;
