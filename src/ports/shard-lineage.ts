import type { ShardKey } from "../domain/position.ts";

/** Where shards come from. */
export interface ShardLineage {
  /** All shards from which this one stems by splits and merges, parents before grandparents; empty for an original. */
  ancestors(shard: ShardKey): Promise<readonly ShardKey[]>;
}
