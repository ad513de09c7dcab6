import type { Play } from "../domain/play.ts";
import { bucketCount, keyOfBucket } from "./partition-key.ts";
import { encodePlay } from "./play-codec.ts";
import { PlayDictionary } from "./play-dictionary.ts";
import { PlayLine } from "./play-line.ts";
import type { RowValues } from "./row-values.ts";

/** A block's lines when it is closed, bytes: they compress to about 10 KB. */
const defaultBlockBytes = 64 * 1024;

interface OpenBlock {
  bytes: Uint8Array<ArrayBuffer>;
  length: number;
  plays: number;
}

/**
 * Collects rows and plays into blocks of newline-delimited JSON, one open block per partition key, the plays of each in the order
 * in which they came: what `BlockBuilder` makes of plays, without an object or a text for a row.
 */
export class LineBlockBuilder<Sealed> {
  #dictionary = new PlayDictionary();
  readonly #line = new PlayLine();
  readonly #open = new Array<OpenBlock | undefined>(bucketCount);
  readonly #seal: (partitionKey: string, lines: Uint8Array, plays: number) => Sealed;
  readonly #targetBytes: number;

  /** @param seal makes what is sent of a full block's lines, whose bytes are nobody else's */
  constructor(
    seal: (partitionKey: string, lines: Uint8Array, plays: number) => Sealed,
    targetBytes: number = defaultBlockBytes,
  ) {
    this.#seal = seal;
    this.#targetBytes = targetBytes;
  }

  /** Where callers of `addRow` have the numbers from. They hold until `isFull`, and then until `flush`. */
  get dictionary(): PlayDictionary {
    return this.#dictionary;
  }

  /** Whether the dictionary is so large that the next `flush` starts another. */
  get isFull(): boolean {
    return this.#dictionary.isFull;
  }

  /** Adds a play; returns its block if that is full now. */
  add(play: Play): Sealed | undefined {
    this.#line.writeText(encodePlay(play));
    return this.#addLine(this.#dictionary.numberOf(play.userId));
  }

  /** Adds a play whose numbers are the dictionary's; returns its block if that is full now. */
  addRow(values: RowValues): Sealed | undefined {
    this.#line.write(values, this.#dictionary);
    return this.#addLine(values.user);
  }

  /** Closes every open block. */
  flush(): Sealed[] {
    const sealed: Sealed[] = [];
    for (const [bucket, block] of this.#open.entries())
      if (block !== undefined) sealed.push(this.#close(bucket, block));
    if (this.isFull) this.#dictionary = new PlayDictionary();
    return sealed;
  }

  #addLine(user: number): Sealed | undefined {
    const bucket = this.#dictionary.bucketOf(user);
    const block = this.#open[bucket] ?? this.#begin(bucket);
    const end = block.length + this.#line.length;
    if (end > block.bytes.length) block.bytes = longer(block.bytes, end);
    block.bytes.set(this.#line.bytes.subarray(0, this.#line.length), block.length);
    block.length = end;
    block.plays += 1;
    return end < this.#targetBytes ? undefined : this.#close(bucket, block);
  }

  #begin(bucket: number): OpenBlock {
    const block = { bytes: new Uint8Array(firstBytes), length: 0, plays: 0 };
    this.#open[bucket] = block;
    return block;
  }

  #close(bucket: number, { bytes, length, plays }: OpenBlock): Sealed {
    this.#open[bucket] = undefined;
    return this.#seal(keyOfBucket(bucket), bytes.subarray(0, length), plays);
  }
}

const firstBytes = 4096;

function longer(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(Math.max(needed, bytes.length * 2));
  copy.set(bytes);
  return copy;
}
