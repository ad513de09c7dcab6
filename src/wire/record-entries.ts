import type { EpochMs } from "../domain/play.ts";
import type { PlayRow } from "../domain/play-row.ts";
import type { RejectChunk } from "../domain/segment.ts";

/** A reject keeps its raw bytes in pieces of this size, so that any of them fits into a segment. */
export const rejectChunkBytes = 10 * 1024;

/**
 * How many lines of one block are rejected one by one. A block of 8 KB can expand to four million lines that are no
 * play; what goes beyond is one more reject, with the block itself as its raw bytes.
 */
export const maxBlockRejects = 1000;

/** A record as it came out of the stream. */
export interface ArrivedRecord {
  readonly sequenceNumber: string;
  readonly data: Uint8Array;
  readonly arrivedAt: EpochMs;
}

/**
 * The entries of one record, one after the other. Whatever its form, a record always has the same entries in the same
 * order: the head of a shard counts them (I1).
 */
export interface RecordEntries {
  /** Goes to the next entry and says what it is; undefined after the last. Never throws. */
  next(): "play" | "reject" | undefined;
  /** The play that `next` went to. The same object may be filled again by any reader's next step. */
  readonly row: PlayRow;
  /** The piece of a reject that `next` went to. */
  readonly chunk: RejectChunk;
}

/**
 * Gives rejects piece by piece, an entry each: the consumer may cut a batch between them. A form of record extends it and
 * says how it goes on.
 */
export abstract class RejectingEntries implements RecordEntries {
  abstract readonly row: PlayRow;
  protected readonly record: ArrivedRecord;
  #count = 0;
  #chunks: RejectChunk[] = [];
  #nextChunk = 0;
  #chunk: RejectChunk | undefined;
  #lines = 0;
  /** Lines that are no plays and not listed. */
  #more = 0;

  constructor(record: ArrivedRecord) {
    this.record = record;
  }

  get chunk(): RejectChunk {
    if (this.#chunk === undefined) throw new Error("the entry is no reject");
    return this.#chunk;
  }

  next(): "play" | "reject" | undefined {
    if (this.#nextChunk >= this.#chunks.length) {
      const kind = this.advance();
      if (kind !== "reject") {
        if (kind === "play") this.#count += 1;
        return kind;
      }
    }
    this.#count += 1;
    this.#chunk = this.#chunks[this.#nextChunk++];
    return "reject";
  }

  /** How many entries `next` went to. */
  protected get count(): number {
    return this.#count;
  }

  /** Fills `row` with the next play, or calls `reject` once, and says which; undefined at the end. */
  protected abstract advance(): "play" | "reject" | undefined;

  protected reject(reason: string, raw: Uint8Array): "reject" {
    const { sequenceNumber, arrivedAt } = this.record;
    const chunks = Math.max(1, Math.ceil(raw.length / rejectChunkBytes));
    const entry = this.#count;
    this.#nextChunk = 0;
    this.#chunks = Array.from({ length: chunks }, (_, chunk) => {
      const start = chunk * rejectChunkBytes;
      return {
        ...{ sequenceNumber, entry, chunk, chunks, arrivedAt },
        reason: chunk === 0 ? reason : "",
        // A copy: a view would keep the whole block in memory, and a Buffer is not quite a Uint8Array.
        raw: new Uint8Array(raw.subarray(start, start + rejectChunkBytes)),
      };
    });
    return "reject";
  }

  /** Rejects a line of a block; undefined where it is not listed, because many were before it. */
  protected rejectLine(reason: string, raw: () => Uint8Array): "reject" | undefined {
    if (this.#lines >= maxBlockRejects) {
      this.#more += 1;
      return undefined;
    }
    this.#lines += 1;
    return this.reject(reason, raw());
  }

  /** After the last line of a block: the one reject for all lines that are not listed, or for a block that has none. */
  protected closeBlock(): "reject" | undefined {
    const { data } = this.record;
    if (this.#more > 0) {
      const reason = `record: ${this.#more} more lines are no plays`;
      this.#more = 0;
      return this.reject(reason, data);
    }
    return this.count === 0 ? this.reject("record: block without plays", data) : undefined;
  }
}
