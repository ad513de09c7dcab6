import type { EpochNumber } from "#src/domain/epoch.ts";
import type { EpochLog } from "#src/ports/epoch-log.ts";
import type { PublicationStore } from "#src/ports/publication-store.ts";
import type { Version } from "#src/wire/push-protocol.ts";

/** What channels are read from. */
export interface ChannelSources {
  readonly publications: Pick<PublicationStore, "read">;
  readonly epochs: Pick<EpochLog, "readVerification">;
}

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
