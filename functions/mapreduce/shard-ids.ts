import { DedupeWindow } from "#src/domain/dedupe-window.ts";
import { StoreError } from "#src/domain/errors.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { type Head, origin, type Position, type ShardKey } from "#src/domain/position.ts";
import type { SegmentContents } from "#src/domain/segment.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";
import type { ShardLineage } from "#src/ports/shard-lineage.ts";
import { decodeSegment } from "#src/wire/segment-codec.ts";

/** A container serves the shards that the service hands it; beyond this many, the least recently used is forgotten. */
const rememberedShards = 32;

/** A container's memory of one shard: the ids of one dedupe horizon up to a position. */
export interface ShardIds {
  readonly ids: DedupeWindow;
  /** Up to where `ids` is complete, but for what can be taken back; moved by the consumer after each commit. */
  position: Position;
  /** The latest arrival so far. */
  arrivedAt: EpochMs;
}

/**
 * Keeps the event ids of one dedupe horizon per shard in memory, and fills what is missing from the segments: all of it
 * on a cold start, the difference when another container moved the head, the ancestors' for a young shard (I2).
 */
export class ShardIdCache {
  readonly #segments: SegmentStore;
  readonly #lineage: ShardLineage;
  readonly #horizonMs: number;
  readonly #shards = new Map<ShardKey, ShardIds>();

  constructor(segments: SegmentStore, lineage: ShardLineage, horizonMs: number) {
    this.#segments = segments;
    this.#lineage = lineage;
    this.#horizonMs = horizonMs;
  }

  /**
   * Hands out the memory of a shard, brought up to `head`; undefined is a shard's very start. It is the caller's alone, who adds
   * ids that may never be committed: nobody else sees them, and they are forgotten unless it is given back.
   *
   * @throws StoreError at a gap (I4): a duplicate could pass for a play; a retry reads again
   */
  async take(shard: ShardKey, head: Head | undefined): Promise<ShardIds> {
    const known = this.#shards.get(shard);
    this.#shards.delete(shard);
    if (known === undefined || known.position > (head?.position ?? origin)) return this.#load(shard, head);
    if (head !== undefined) await this.#catchUp(known, head);
    return known;
  }

  /** Keeps what was taken for the next call. All ids in it are those of segments up to its position. */
  giveBack(shard: ShardKey, known: ShardIds): void {
    this.#shards.delete(shard);
    this.#shards.set(shard, known);
    this.#forgetTheOldest();
  }

  async #catchUp(known: ShardIds, { shard, position }: Head): Promise<void> {
    try {
      for await (const segment of this.#segments.readRange(shard, known.position, position)) {
        if (segment.previous !== known.position) break;
        rememberIds(known.ids, decodeSegment(segment.body));
        known.position = segment.head.position;
        known.arrivedAt = segment.head.arrivedAt;
      }
    } catch (cause) {
      this.giveBack(shard, known); // a retry goes on from there
      throw cause;
    }
    // Not given back: where segments expired, a cold start does without them.
    if (known.position !== position)
      throw new StoreError(`segments of ${shard} have a gap after ${known.position}`);
  }

  async #load(shard: ShardKey, head: Head | undefined): Promise<ShardIds> {
    const ids = new DedupeWindow(this.#horizonMs);
    const isComplete = head !== undefined && (await this.#loadBack(ids, head, head.arrivedAt));
    if (isComplete) return { ids, position: head.position, arrivedAt: head.arrivedAt };
    const ancestors = await this.#headsOfAncestors(shard);
    const newest = Math.max(head?.arrivedAt ?? 0, ...ancestors.map((ancestor) => ancestor.arrivedAt));
    for (const ancestor of ancestors) await this.#loadBack(ids, ancestor, newest);
    return { ids, position: head?.position ?? origin, arrivedAt: newest as EpochMs };
  }

  /** Loads from `head` back to one horizon before `newest`. Returns whether the horizon was reached. */
  async #loadBack(ids: DedupeWindow, head: Head, newest: number): Promise<boolean> {
    for await (const segment of this.#segments.readBack(head.shard, head.position)) {
      if (segment.head.arrivedAt < newest - this.#horizonMs) return true;
      rememberIds(ids, decodeSegment(segment.body));
    }
    return false;
  }

  async #headsOfAncestors(shard: ShardKey): Promise<readonly Head[]> {
    const heads: Head[] = [];
    for (const ancestor of await this.#lineage.ancestors(shard)) {
      const head = await this.#segments.readHead(ancestor);
      if (head !== undefined) heads.push(head);
    }
    return heads;
  }

  #forgetTheOldest(): void {
    for (const shard of this.#shards.keys()) {
      if (this.#shards.size <= rememberedShards) return;
      this.#shards.delete(shard);
    }
  }
}

/** Adds the ids of a committed segment. */
function rememberIds(ids: DedupeWindow, { facts, duplicates }: SegmentContents): void {
  for (const { idHi, idLo, arrivedAt } of [facts, duplicates]) ids.addAll(idHi, idLo, arrivedAt);
}
