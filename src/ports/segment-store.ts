import type { EpochMs } from "../domain/play.ts";
import type { Head, Position, ShardKey } from "../domain/position.ts";
import type { Segment } from "../domain/segment.ts";

/** Segments and heads. All reads are strongly consistent; a failing store throws `StoreError`. */
export interface SegmentStore {
  /** Up to where this shard is inside segments; undefined for a shard without any. */
  readHead(shard: ShardKey): Promise<Head | undefined>;
  /** Every shard's head, in the order of shard keys by UTF-8 bytes. */
  readHeads(): Promise<readonly Head[]>;
  /**
   * Atomically adds the segment and moves the shard's head to `segment.head`, on the condition that the head is still
   * at `segment.previous` (`origin`: that there is none). `conflict`: it is not, and nothing was written (I1).
   */
  append(segment: Segment, expiresAt: EpochMs): Promise<"appended" | "conflict">;
  /** The segments of a shard after `from`, up to and including `to`, in order. Expired ones may be missing. */
  readRange(shard: ShardKey, from: Position, to: Position): AsyncIterable<Segment>;
  /** The segments of a shard at or before `from`, newest first. Expired ones may be missing. */
  readBack(shard: ShardKey, from: Position): AsyncIterable<Segment>;
}
