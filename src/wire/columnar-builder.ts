import type { Play } from "../domain/play.ts";
import { encodeColumnarBlock } from "./columnar-encoder.ts";
import { ColumnarRows } from "./columnar-rows.ts";
import { bucketCount, keyOfBucket } from "./partition-key.ts";
import { PlayDictionary } from "./play-dictionary.ts";
import type { RowValues } from "./row-values.ts";

/**
 * Plays in a block, at most: the more, the less often a song's texts are in the stream and in segments. 256 open blocks take
 * 20 MB.
 */
const defaultRows = 2048;
/** A block is closed when its rows and their texts could take more: far below a record's 1 MiB and a block's 8 MiB. */
const mostBytes = 512 * 1024;

/**
 * Collects plays into columnar blocks, one open block per partition key, the plays of each in the order in which they came.
 * Beside the open blocks it keeps each distinct text once, up to a bound.
 */
export class ColumnarBlockBuilder<Sealed> {
  #dictionary = new PlayDictionary();
  readonly #open = new Array<ColumnarRows | undefined>(bucketCount);
  /** Emptied blocks, for those that are opened next. */
  readonly #spare: ColumnarRows[] = [];
  readonly #seal: (partitionKey: string, block: Uint8Array<ArrayBuffer>, plays: number) => Sealed;
  readonly #mostRows: number;

  /** @param seal makes what is sent of a full block, whose bytes are nobody else's */
  constructor(
    seal: (partitionKey: string, block: Uint8Array<ArrayBuffer>, plays: number) => Sealed,
    mostRows: number = defaultRows,
  ) {
    this.#seal = seal;
    this.#mostRows = mostRows;
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
    const user = this.#dictionary.numberOf(play.userId);
    const bucket = this.#dictionary.bucketOf(user);
    const rows = this.#rowsOf(bucket);
    rows.addPlay(play, user, this.#dictionary);
    return this.#closeIfFull(bucket, rows);
  }

  /** Adds a play whose numbers are the dictionary's; returns its block if that is full now. */
  addRow(values: RowValues): Sealed | undefined {
    const bucket = this.#dictionary.bucketOf(values.user);
    const rows = this.#rowsOf(bucket);
    rows.addRow(values);
    return this.#closeIfFull(bucket, rows);
  }

  /** Closes every open block. */
  flush(): Sealed[] {
    const sealed: Sealed[] = [];
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const rows = this.#open[bucket];
      if (rows !== undefined) sealed.push(this.#close(bucket, rows));
    }
    if (this.isFull) this.#dictionary = new PlayDictionary();
    return sealed;
  }

  #rowsOf(bucket: number): ColumnarRows {
    let rows = this.#open[bucket];
    if (rows === undefined) {
      rows = this.#spare.pop() ?? new ColumnarRows();
      this.#open[bucket] = rows;
    }
    return rows;
  }

  #closeIfFull(bucket: number, rows: ColumnarRows): Sealed | undefined {
    return rows.count < this.#mostRows && rows.bytes < mostBytes ? undefined : this.#close(bucket, rows);
  }

  #close(bucket: number, rows: ColumnarRows): Sealed {
    const block = encodeColumnarBlock(rows, this.#dictionary);
    const { count } = rows;
    rows.clear();
    this.#spare.push(rows);
    this.#open[bucket] = undefined;
    return this.#seal(keyOfBucket(bucket), block, count);
  }
}
