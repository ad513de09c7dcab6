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
  /** Up to where `ids` is complete; moved by the consumer after each commit. */
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

  /** The memory of a shard, brought up to `head`; undefined is a shard's very start. */
  async at(shard: ShardKey, head: Head | undefined): Promise<ShardIds> {
    const position = head?.position ?? origin;
    let known = this.#shards.get(shard);
    if (known === undefined || known.position > position) known = await this.#load(shard, head);
    else if (head !== undefined && known.position < position) await this.#catchUp(known, head);
    this.#shards.delete(shard);
    this.#shards.set(shard, known);
    this.#forgetTheOldest();
    return known;
  }

  /** @throws StoreError at a gap (I4): a duplicate could pass for a play; a retry reads again */
  async #catchUp(known: ShardIds, head: Head): Promise<void> {
    let { position } = known;
    for await (const segment of this.#segments.readRange(head.shard, position, head.position)) {
      if (segment.previous !== position) break;
      rememberIds(known.ids, decodeSegment(segment.body));
      position = segment.head.position;
    }
    if (position !== head.position) {
      this.#shards.delete(head.shard); // where they expired, a cold start does without them
      throw new StoreError(`segments of ${head.shard} have a gap after ${position}`);
    }
    known.position = position;
    known.arrivedAt = head.arrivedAt;
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
export function rememberIds(ids: DedupeWindow, { facts, duplicates }: SegmentContents): void {
  for (const { idHi, idLo, arrivedAt } of [facts, duplicates]) ids.addAll(idHi, idLo, arrivedAt);
}
