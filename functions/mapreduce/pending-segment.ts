import { DedupeWindow } from "#src/domain/dedupe-window.ts";
import { type Hash64, hash64 } from "#src/domain/hash64.ts";
import type { EpochMs } from "#src/domain/play.ts";
import { addCounts, type Head, type Position, type ShardCounts } from "#src/domain/position.ts";
import type { Segment, SegmentContents } from "#src/domain/segment.ts";
import { SegmentBuilder } from "#src/domain/segment-builder.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import type { RecordEntry } from "#src/wire/play-record.ts";
import { encodeSegment } from "#src/wire/segment-codec.ts";

/** One transaction (I1): a segment and its head; far below DynamoDB's 400 KB an item. */
export const maxSegmentBytes = 256 * 1024;
/** No entry adds more: a play of 10 KiB with each of its characters counted as three bytes, or a reject's chunk. */
const largestEntryBytes = 64 * 1024;

const scratch: Hash64 = { hi: 0, lo: 0 };

/** A segment that is not committed yet: its ids are known only to itself. */
export class PendingSegment {
  readonly #previous: Head;
  readonly #committedIds: DedupeWindow;
  readonly #ids: DedupeWindow;
  readonly #builder = new SegmentBuilder();
  #position: Position;
  #arrivedAt: EpochMs;
  /** Event ids, for the log. */
  #firstPlay: string | undefined;
  #lastPlay: string | undefined;

  constructor(previous: Head, committedIds: DedupeWindow, horizonMs: number) {
    this.#previous = previous;
    this.#committedIds = committedIds;
    this.#ids = new DedupeWindow(horizonMs);
    this.#position = previous.position;
    this.#arrivedAt = previous.arrivedAt;
  }

  get isEmpty(): boolean {
    return this.#position === this.#previous.position;
  }

  /** Whether another entry could outgrow the transaction. */
  get isFull(): boolean {
    return this.#builder.bytes > maxSegmentBytes - largestEntryBytes;
  }

  /** The event ids of its first and last play, duplicates included: what an operator finds a play's segment by. */
  get plays(): { readonly firstPlay?: string | undefined; readonly lastPlay?: string | undefined } {
    return { firstPlay: this.#firstPlay, lastPlay: this.#lastPlay };
  }

  /** What it adds to the shard's totals. */
  get counts(): ShardCounts {
    return this.#builder.counts;
  }

  /**
   * @param arrivedAt the record's arrival, epoch ms, never less than in the call before
   * @param position where the shard is once this entry is in
   */
  add(entry: RecordEntry, arrivedAt: EpochMs, position: Position): void {
    this.#position = position;
    this.#arrivedAt = arrivedAt;
    if (entry.kind === "reject") {
      this.#builder.addReject(entry.chunk);
      return;
    }
    this.#firstPlay ??= entry.play.eventId;
    this.#lastPlay = entry.play.eventId;
    const { hi, lo } = hash64(entry.play.eventId, scratch);
    const isDuplicate = this.#committedIds.has(hi, lo, arrivedAt) || this.#ids.has(hi, lo, arrivedAt);
    this.#ids.add(hi, lo, arrivedAt);
    if (isDuplicate) this.#builder.addDuplicate(hi, lo, arrivedAt);
    else this.#builder.addPlay(entry.play, hi, lo, arrivedAt);
  }

  /** @param writtenAt epoch ms */
  finish(writtenAt: EpochMs): { readonly segment: Segment; readonly contents: SegmentContents } {
    const contents = this.#builder.finish((play) => encodePlay(play).length * 3);
    const head: Head = {
      shard: this.#previous.shard,
      position: this.#position,
      counts: addCounts(this.#previous.counts, this.#builder.counts),
      arrivedAt: this.#arrivedAt,
    };
    return {
      segment: { head, previous: this.#previous.position, writtenAt, body: encodeSegment(contents) },
      contents,
    };
  }
}
