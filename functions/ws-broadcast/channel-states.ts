import type { EpochRecord } from "#src/domain/epoch.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import type { Channel } from "#src/wire/push-protocol.ts";
import { type ChannelState, readChannel } from "./channel-state.ts";

/**
 * The channels as of the newest committed epoch. What a container has read for one client serves all that ask in the same
 * epoch: a thousand that come back in one moment, and every ping.
 */
export class ChannelStates {
  readonly #publications: PublicationStore;
  #committed: EpochRecord | undefined;
  #states = new Map<Channel, Promise<ChannelState>>();

  constructor(publications: PublicationStore) {
    this.#publications = publications;
  }

  /** @param committed undefined before the first epoch */
  async of(committed: EpochRecord | undefined, channel: Channel): Promise<ChannelState> {
    if (committed === undefined) return readChannel(this.#publications, committed, channel);
    if (!isSameEpoch(this.#committed, committed)) {
      this.#committed = committed;
      this.#states = new Map();
    }
    const states = this.#states;
    const state = states.get(channel) ?? readChannel(this.#publications, committed, channel);
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
