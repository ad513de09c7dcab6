import type { EpochMs } from "#src/domain/play.ts";
import { type Head, origin, type Position, type ShardKey } from "#src/domain/position.ts";
import type { Segment } from "#src/domain/segment.ts";
import { compareUtf8 } from "#src/domain/utf8-order.ts";
import type { SegmentStore } from "#src/ports/segment-store.ts";

/** Segments in memory; they never expire. */
export class MemorySegmentStore implements SegmentStore {
  readonly #segments = new Map<ShardKey, Segment[]>();

  readHead(shard: ShardKey): Promise<Head | undefined> {
    return Promise.resolve(this.#head(shard));
  }

  readHeads(): Promise<readonly Head[]> {
    const heads = [...this.#segments.values()].flatMap((segments) => segments.at(-1)?.head ?? []);
    return Promise.resolve(heads.sort((a, b) => compareUtf8(a.shard, b.shard)));
  }

  append(segment: Segment, _expiresAt: EpochMs): Promise<"appended" | "conflict"> {
    const { shard } = segment.head;
    if ((this.#head(shard)?.position ?? origin) !== segment.previous) return Promise.resolve("conflict");
    const stored = { ...segment, body: segment.body.slice() };
    this.#segments.set(shard, [...(this.#segments.get(shard) ?? []), stored]);
    return Promise.resolve("appended");
  }

  async *readRange(shard: ShardKey, from: Position, to: Position): AsyncIterable<Segment> {
    const segments = this.#segments.get(shard) ?? [];
    yield* await Promise.resolve(
      segments.filter(({ head }) => head.position > from && head.position <= to).map(copy),
    );
  }

  async *readBack(shard: ShardKey, from: Position): AsyncIterable<Segment> {
    const segments = this.#segments.get(shard) ?? [];
    yield* await Promise.resolve(
      segments
        .filter(({ head }) => head.position <= from)
        .reverse()
        .map(copy),
    );
  }

  #head(shard: ShardKey): Head | undefined {
    return this.#segments.get(shard)?.at(-1)?.head;
  }
}

function copy(segment: Segment): Segment {
  return { ...segment, body: segment.body.slice() };
}
