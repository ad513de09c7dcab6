import type { Play } from "../domain/play.ts";
import { partitionKeyOf } from "./partition-key.ts";
import { encodePlay } from "./play-codec.ts";

/** A block's text when it is closed, characters: it compresses to about 10 KB. */
const defaultBlockChars = 64 * 1024;

interface OpenBlock {
  readonly lines: string[];
  chars: number;
}

/**
 * Collects plays into blocks of newline-delimited JSON, one open block per partition key, the plays of each in the
 * order in which they came. A full block goes through `seal`, which compresses it: to a `StreamRecord`, or to a
 * promise of one.
 */
export class BlockBuilder<Sealed> {
  readonly #open = new Map<string, OpenBlock>();
  readonly #seal: (partitionKey: string, text: string, plays: number) => Sealed;
  readonly #targetChars: number;

  constructor(
    seal: (partitionKey: string, text: string, plays: number) => Sealed,
    targetChars: number = defaultBlockChars,
  ) {
    this.#seal = seal;
    this.#targetChars = targetChars;
  }

  /** Adds a play; returns its block if that is full now. */
  add(play: Play): Sealed | undefined {
    const line = encodePlay(play);
    const key = partitionKeyOf(play.userId);
    let block = this.#open.get(key);
    if (block === undefined) {
      block = { lines: [], chars: 0 };
      this.#open.set(key, block);
    }
    block.lines.push(line);
    block.chars += line.length + 1;
    if (block.chars < this.#targetChars) return undefined;
    this.#open.delete(key);
    return this.#close(key, block);
  }

  /** Closes every open block. */
  flush(): Sealed[] {
    const sealed = [...this.#open].map(([key, block]) => this.#close(key, block));
    this.#open.clear();
    return sealed;
  }

  #close(key: string, block: OpenBlock): Sealed {
    return this.#seal(key, `${block.lines.join("\n")}\n`, block.lines.length);
  }
}
