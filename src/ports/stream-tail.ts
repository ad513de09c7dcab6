import type { EpochMs } from "../domain/play.ts";
import type { ShardKey } from "../domain/position.ts";

/** What a stream holds that somebody has not read. A failing service throws `StoreError`. */
export interface StreamTail {
  /** The shards whose records are kept, closed ones included. */
  shards(): Promise<readonly ShardKey[]>;
  /**
   * When the first record of a shard arrived that is behind a sequence number, or the first that is kept where there is
   * none; undefined where there is no such record.
   */
  firstArrival(shard: ShardKey, after: string | undefined): Promise<EpochMs | undefined>;
}
