import type { DedupeWindow } from "#src/domain/dedupe-window.ts";
import type { EpochMs, Play } from "#src/domain/play.ts";
import type { PlayRow, PlaySource } from "#src/domain/play-row.ts";
import { addCounts, type Head, positionAt, type ShardCounts } from "#src/domain/position.ts";
import type { RejectChunk, Segment } from "#src/domain/segment.ts";
import { SegmentBuilder, type SegmentMemory } from "#src/domain/segment-builder.ts";
import { encodePlay } from "#src/wire/play-codec.ts";
import { encodeSegmentRows } from "#src/wire/segment-codec.ts";

/** One transaction (I1): a segment and its head; far below DynamoDB's 400 KB an item. */
export const maxSegmentBytes = 256 * 1024;
/** No entry adds more: a play of 10 KiB with each of its characters counted as three bytes, or a reject's chunk. */
const largestEntryBytes = 64 * 1024;

interface PlayPlace {
  readonly source: PlaySource;
  readonly place: number;
}

/** A segment that is not committed yet. The ids of its plays are in the shard's window, to be taken back if it never is. */
export class PendingSegment {
  readonly #previous: Head;
  readonly #ids: DedupeWindow;
  readonly #builder: SegmentBuilder;
  /** Where the shard is once this is in: the record, and how many of its entries; none while nothing is in. */
  #sequenceNumber = "";
  #entries = 0;
  #arrivedAt: EpochMs;
  #firstPlay: PlayPlace | undefined;
  #lastSource: PlaySource | undefined;
  #lastPlace = 0;

  /**
   * @param ids of all segments before; they get those of its plays
   * @param memory which holds nothing any more that anybody needs. A batch collects its segments in one, one after the other: to take
   * it anew for each was a part of the garbage
   */
  constructor(previous: Head, ids: DedupeWindow, memory: SegmentMemory) {
    memory.clear();
    this.#previous = previous;
    this.#ids = ids;
    this.#builder = new SegmentBuilder(memory);
    this.#arrivedAt = previous.arrivedAt;
  }

  get isEmpty(): boolean {
    return this.#entries === 0;
  }

  /** Whether another entry could outgrow the transaction. */
  get isFull(): boolean {
    return this.#builder.bytes > maxSegmentBytes - largestEntryBytes;
  }

  /** The event ids of its first and last play, duplicates included: what an operator finds a play's segment by. */
  get plays(): { readonly firstPlay?: string | undefined; readonly lastPlay?: string | undefined } {
    return {
      firstPlay: this.#firstPlay?.source.eventIdAt(this.#firstPlay.place),
      lastPlay: this.#lastSource?.eventIdAt(this.#lastPlace),
    };
  }

  /** What it adds to the shard's totals. */
  get counts(): ShardCounts {
    return this.#builder.counts;
  }

  /**
   * Has what is added next count as a record's entry.
   *
   * @param entries how many of the record's entries are in once it is
   * @param arrivedAt the record's arrival, epoch ms, never less than in the call before
   */
  moveTo(sequenceNumber: string, entries: number, arrivedAt: EpochMs): void {
    this.#sequenceNumber = sequenceNumber;
    this.#entries = entries;
    this.#arrivedAt = arrivedAt;
  }

  addReject(chunk: RejectChunk): void {
    this.#builder.addReject(chunk);
  }

  addPlay(row: PlayRow): void {
    const { idHi, idLo, source, place } = row;
    const arrivedAt = this.#arrivedAt;
    this.#firstPlay ??= { source, place };
    this.#lastSource = source;
    this.#lastPlace = place;
    if (this.#ids.add(idHi, idLo, arrivedAt)) this.#builder.addDuplicate(idHi, idLo, arrivedAt);
    else this.#builder.addRow(row, arrivedAt);
  }

  /** @param writtenAt epoch ms */
  finish(writtenAt: EpochMs): Segment {
    const texts = new Map<Play, string>();
    const rows = this.#builder.finishRows((play) => {
      const text = encodePlay(play);
      texts.set(play, text);
      return text.length * 3;
    });
    const body = encodeSegmentRows(rows, this.#builder.texts, (play) => texts.get(play) ?? encodePlay(play));
    const head: Head = {
      shard: this.#previous.shard,
      position: positionAt(this.#sequenceNumber, this.#entries),
      counts: addCounts(this.#previous.counts, this.#builder.counts),
      arrivedAt: this.#arrivedAt,
    };
    return { head, previous: this.#previous.position, writtenAt, body };
  }
}
