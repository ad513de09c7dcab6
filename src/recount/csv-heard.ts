import { PairSet, PairTally } from "./pair-tally.ts";

const blockRows = 65_536;
/** A block's numbers: a listener, a song, an artist. */
const rowWords = 3;
/** 20 bytes each: 168 MB, as much as tables of 3.5 million distinct plays take. */
const mostRows = 2 ** 23;

interface Block {
  readonly numbers: Uint32Array;
  /** When the plays started, epoch ms. */
  readonly startedAt: Float64Array;
}

/** Who heard which artists how often, and since when, and which songs. */
export interface Heard {
  readonly artists: PairTally;
  readonly songs: PairSet;
}

/**
 * What listeners heard, by the numbers of listeners, songs and artists. Plays are only written down, for what is listed needs few
 * listeners: 0.7 of the CPU time of a recount that tallies every pair (a million rows, most pairs once). Where there are more
 * plays they are tallied after all, so that memory has a bound but for what is distinct.
 */
export class HeardLog {
  readonly #mostRows: number;
  #blocks: Block[] = [];
  #block = aBlock();
  /** Rows in the last block, and in those before. */
  #rows = 0;
  #rowsBefore = 0;
  #tallied: Heard | undefined;

  constructor(rows = mostRows) {
    this.#mostRows = rows;
  }

  /** @param startedAt epoch ms */
  add(user: number, song: number, artist: number, startedAt: number): void {
    const row = this.#rows;
    const { numbers, startedAt: times } = this.#block;
    numbers[row * rowWords] = user;
    numbers[row * rowWords + 1] = song;
    numbers[row * rowWords + 2] = artist;
    times[row] = startedAt;
    this.#rows = row + 1;
    if (this.#rows === blockRows || this.#rowsBefore + this.#rows >= this.#mostRows) this.#next();
  }

  /** Of the listeners that are wanted, and maybe of others. @param isWanted 1 by listener's number */
  heardBy(isWanted: Uint8Array): Heard {
    if (this.#tallied === undefined)
      return this.#tally({ artists: new PairTally(), songs: new PairSet() }, isWanted);
    this.#tallyAll();
    return this.#tallied;
  }

  #next(): void {
    if (this.#rowsBefore + this.#rows >= this.#mostRows) {
      this.#tallyAll();
      return;
    }
    this.#blocks.push(this.#block);
    this.#rowsBefore += this.#rows;
    this.#block = aBlock();
    this.#rows = 0;
  }

  #tallyAll(): void {
    this.#tallied = this.#tally(
      this.#tallied ?? { artists: new PairTally(), songs: new PairSet() },
      undefined,
    );
    this.#blocks = [];
    this.#rows = 0;
    this.#rowsBefore = 0;
  }

  #tally(heard: Heard, isWanted: Uint8Array | undefined): Heard {
    for (const block of this.#blocks) tallyBlock(heard, block, blockRows, isWanted);
    tallyBlock(heard, this.#block, this.#rows, isWanted);
    return heard;
  }
}

const aBlock = (): Block => ({
  numbers: new Uint32Array(rowWords * blockRows),
  startedAt: new Float64Array(blockRows),
});

function tallyBlock(
  { artists, songs }: Heard,
  { numbers, startedAt }: Block,
  rows: number,
  isWanted: Uint8Array | undefined,
): void {
  for (let row = 0; row < rows; row++) {
    const user = numbers[row * rowWords] ?? 0;
    if (isWanted !== undefined && isWanted[user] !== 1) continue;
    songs.add(user, numbers[row * rowWords + 1] ?? 0);
    artists.add(user, numbers[row * rowWords + 2] ?? 0, startedAt[row] ?? 0);
  }
}
