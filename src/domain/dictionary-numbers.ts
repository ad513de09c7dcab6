import { grown } from "./grown.ts";

const unknown = -2;

/**
 * A number for each entry of a dictionary, in which no two are the same, asked for when a column uses the entry first: segments
 * may share a dictionary, with the names of plays that do not count (I3). One that has grown since is still the same.
 */
export class DictionaryNumbers<Entry> {
  readonly #numberOf: (entry: Entry, isNew: boolean) => number;
  #dictionary: readonly Entry[] = [];
  #dictionaries = 0;
  #numbers = new Int32Array(0);

  /** @param numberOf an entry's number, from -1 on; it is new for sure where it is of the only dictionary so far */
  constructor(numberOf: (entry: Entry, isNew: boolean) => number) {
    this.#numberOf = numberOf;
  }

  /**
   * The numbers of all entries that a column uses, by their places in the dictionary; they hold until the next call.
   *
   * @param column of places in the dictionary
   */
  of(dictionary: readonly Entry[], column: Uint32Array): Int32Array {
    this.#open(dictionary);
    const numbers = this.#numbers;
    const isNew = this.#dictionaries === 1;
    for (let i = 0; i < column.length; i++) {
      const place = column[i] as number;
      if (numbers[place] === unknown) numbers[place] = this.#numberOf(dictionary[place] as Entry, isNew);
    }
    return numbers;
  }

  #open(dictionary: readonly Entry[]): void {
    const isSame = dictionary === this.#dictionary;
    const before = this.#numbers;
    if (isSame && dictionary.length <= before.length) return;
    this.#dictionary = dictionary;
    if (!isSame) this.#dictionaries += 1;
    const length = isSame ? Math.max(dictionary.length, 2 * before.length) : dictionary.length;
    this.#numbers = isSame ? grown(before, length, unknown) : new Int32Array(length).fill(unknown);
  }
}
